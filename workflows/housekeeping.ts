import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import { housekeepingDetails } from '../src/domain/details.js';
import type { HousekeepingInput, HousekeepingView } from '../src/domain/housekeeping.js';
import { QUEUES, effectQueues, targetId } from '../src/domain/ids.js';
import type { Sighting } from '../src/domain/sighting.js';
import { lookedAt } from './messages.js';
import { control, observing, sightingOn, sweeping } from './profiles.js';
import { publisher } from './publish.js';
import { reasonOf } from './undo.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Removes what has had its time, and looks whether targets are as recorded. Everything that it does may be cut off and done again; what
 * is not done now is done the next time. A host that does not answer holds up nothing else.
 */
export async function housekeeping(input: HousekeepingInput = {}): Promise<HousekeepingView> {
  const publish = publisher(housekeepingDetails);
  const dryRun = input.dryRun === true;
  const view: Writable<HousekeepingView> = {
    ...{ dryRun, removed: {}, kept: {}, drift: [], unanswered: [], done: false },
  };
  const show = (): void => {
    publish({ ...view });
  };
  if (input.only === 'sightings') {
    view.sightings = await sightings();
    view.done = true;
    show();
    return view;
  }
  if (input.only === 'outbox') {
    view.messages = await sweeping().outboxDelivered();
    view.done = true;
    show();
    return view;
  }
  show();
  if (input.only === undefined) await tidy(view, show);
  if (!dryRun) await look(view);
  if (input.only === undefined && !dryRun) {
    const { removed, unanswered, failed = [] } = view;
    await control.housekeepingDone({ removed, unanswered, failed });
  }
  view.done = true;
  show();
  return view;
}

/** Several of a queue, because nobody can choose among the workers that poll it. */
const ASKED = 4;

async function sightings(): Promise<readonly Sighting[]> {
  const digest = await control.canaryKept();
  const hosts = [...new Set((await control.targetsToLookAt()).map(({ host }) => host))];
  const asking = [
    ...Array.from({ length: ASKED }, () => sighted(QUEUES.control, (by) => by.seenByControl({ digest }))),
    ...Array.from({ length: ASKED }, () => sighted(QUEUES.stage, (by) => by.seenByStage({ digest }))),
    ...hosts.map((host) => sighted(effectQueues(host).effects, (by) => by.seenByHost({ digest }))),
  ];
  const all = await Promise.all(asking);
  return all.filter((one, i) => all.findIndex((o) => o.queue === one.queue && o.worker === one.worker) === i);
}

async function sighted(
  queue: string,
  ask: (by: ReturnType<typeof sightingOn>) => Promise<Sighting>,
): Promise<Sighting> {
  try {
    return await ask(sightingOn(queue));
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return { queue };
  }
}

/** Rows before the content that they name, so that nothing kept ever names what is gone. */
async function tidy(view: Writable<HousekeepingView>, show: () => void): Promise<void> {
  const { dryRun } = view;
  const { removed, kept, hosts, keep, cachesMs } = await sweeping().recordsRemoved({ dryRun });
  view.removed = removed;
  view.kept = kept;
  show();
  const content = await sweeping().contentRemoved({ dryRun });
  view.removed = { ...view.removed, artifacts: content.removed };
  view.kept = { ...view.kept, artifacts: content.kept };
  show();
  let unpacked = { count: 0, bytes: 0 };
  for (const host of hosts) {
    const asked = { host, what: `unpacked releases on ${host}` };
    const of = await answered(view, asked, () => sweeping(host).releasesSwept({ keep, cachesMs, dryRun }));
    unpacked = { count: unpacked.count + (of?.count ?? 0), bytes: unpacked.bytes + (of?.bytes ?? 0) };
  }
  view.removed = { ...view.removed, unpacked_releases: unpacked };
  show();
}

async function look(view: Writable<HousekeepingView>): Promise<void> {
  for (const target of await control.targetsToLookAt()) {
    const { host, service, environment } = target;
    if (view.unanswered.includes(host)) continue;
    const observed = await answered(view, { host, what: targetId(target) }, () =>
      observing(host).observeTarget({ service, environment }),
    );
    if (observed === undefined) continue;
    const { found, changed } = await control.driftSeen({ ...target, observed });
    if (found.length > 0) view.drift = [...view.drift, { target: targetId(target), what: found }];
    // A hint: one that does not live reads its record when it does.
    if (changed)
      await getExternalWorkflowHandle(targetId(target))
        .signal(lookedAt)
        .catch(() => undefined);
  }
}

interface Asked {
  readonly host: string;
  readonly what: string;
}

/** Of a host that does not answer nothing more is asked; where it answers, what fails holds up nothing else of it. */
async function answered<T>(
  view: Writable<HousekeepingView>,
  { host, what }: Asked,
  body: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    if (error.cause instanceof ApplicationFailure && patched('failed-look'))
      view.failed = [...(view.failed ?? []), { what, why: reasonOf(error) }];
    else view.unanswered = [...new Set([...view.unanswered, host])];
    return undefined;
  }
}
