import { isCancellation, setHandler } from '@temporalio/workflow';
import { percent } from '../src/domain/details.js';
import type { DeploymentInput, Ended } from '../src/domain/inputs.js';
import type { Share } from '../src/domain/plan.js';
import { nextShare } from '../src/domain/steering.js';
import { about, createField, named, sharesOf, summary, type Field, type Way } from './field.js';
import type { Gates } from './gate.js';
import { guarded } from './meanwhile.js';
import * as messages from './messages.js';
import { control } from './profiles.js';
import { takeSteering, whilePaused } from './steering.js';
import { bake, watchStep } from './waits.js';
import { askWhether } from './watch-phase.js';
import { goBack, restore, retire, undoPromote, undoShift } from './way-back.js';

export const goBackSignal = messages.goBack;

/** What a strategy can do, each move with its way back registered before it is made. */
export interface Moves {
  readonly provision: () => Promise<void>;
  readonly smoke: () => Promise<void>;
  /** Sends `share` of the users to the candidate. */
  readonly shift: (share: Share) => Promise<void>;
  /**
   * Sends the share that comes next to the candidate, of these steps or by a person's word, and answers it; `undefined` when all users
   * are with it.
   */
  readonly advance: (steps: readonly Share[]) => Promise<Share | undefined>;
  /** Whether a person wants another share than the present one. */
  readonly isWanted: () => boolean;
  /** Waits for a person to say that it goes on; sent back, it throws. */
  readonly ask: (question: string) => Promise<void>;
  /** Watches the candidate for `ms`; throws when the rules say it is bad. */
  readonly watch: (phase: string, ms: number) => Promise<void>;
  /** Watches it at 100 %, until it is known good. */
  readonly bake: (ms: number) => Promise<void>;
  /** In words, what a deployment that went all its way has done. */
  readonly shipped: () => string;
  /** Makes the candidate the live release, in the target and nowhere in the world. */
  readonly promote: () => Promise<void>;
  /** Known good from here on: nothing is undone any more, and the replaced slot is removed. Never fails. */
  readonly retire: () => Promise<void>;
  /** Does not wait for the replaced slot to be removed: a rollback needs it. */
  readonly keepReplaced: () => void;
  /** Puts a slot of the present live release back to all traffic and removes the other: after a lost deployment. */
  readonly restore: () => Promise<void>;
  /** Undoes everything, traffic first; asks a person about what could not be undone, and answers what was left at their word. */
  readonly goBack: (why: string) => Promise<string | undefined>;
  readonly trafficMoved: () => boolean;
  /** What `finishDeployment` needs to know. */
  readonly record: () => {
    deployment: string;
    service: string;
    environment: string;
    version: string;
    judgedBad: boolean;
    knownGood: boolean;
    late: { at: number; what: string; share: Share }[];
  };
  /** What was done without waiting for its record has been recorded. */
  readonly recorded: () => boolean;
  readonly close: (ended: Ended) => void;
  readonly gates: Gates;
}

export function startMoves(input: DeploymentInput, way: Way): Moves {
  const field = createField(input, way);
  takeSteering(field);
  // Not waited for when there is nothing to wait for: what earlier versions have recorded is to replay.
  const step = <T>(body: () => Promise<T>): Promise<T> =>
    field.pausing === undefined ? body() : whilePaused(field).then(body);
  setHandler(messages.queueChanged, () => void (field.hints += 1), {
    description: 'From the target, a hint: who waits for the end of the bake has changed.',
  });
  return {
    provision: () => step(() => provision(field)),
    smoke: () => step(() => smoke(field)),
    shift: (share) => step(() => shift(field, share)),
    advance: (steps) => step(() => advance(field, steps)),
    isWanted: () => field.wanted !== undefined,
    ask: (question) => askWhether(field, question),
    watch: (phase, ms) => watchStep(field, phase, ms),
    bake: (ms) => bake(field, ms),
    shipped: () => [`${input.release.version} serves ${input.environment}`, ...field.cut].join('; '),
    promote: () => step(() => promote(field)),
    retire: () => step(() => retire(field)),
    keepReplaced: () => {
      field.removing.cancel();
    },
    restore: () => restore(field),
    goBack: (why) => goBack(field, why),
    trafficMoved: () => field.moved,
    gates: field.gates,
    record: () => recordOf(field),
    recorded: () => field.later.done(),
    close: (ended) => {
      field.show({ phase: 'done', ...ended }, `${ended.outcome.replaceAll('_', ' ')}: ${ended.reason}`);
    },
  };
}

const recordOf = ({ input, judgedBad, knownGood, late }: Field): ReturnType<Moves['record']> => ({
  deployment: input.id,
  service: input.service,
  environment: input.environment,
  version: input.release.version,
  ...{ judgedBad, knownGood, late },
});

async function provision(field: Field): Promise<void> {
  const { input, effects, undo } = field;
  field.show({ phase: 'provision' }, `starting ${input.release.version} in ${input.candidate}`);
  undo.add(`remove ${input.release.version} from ${input.candidate}`, () =>
    effects.undoing.undoProvision.executeWithOptions(summary(`remove ${named(field)} ${input.candidate}`), [
      about(field),
    ]),
  );
  const { address } = await effects.slow.provision.executeWithOptions(
    summary(`start ${named(field)} ${input.release.version} in ${input.candidate}`),
    [{ ...about(field), release: input.release, plan: input.plan }],
  );
  field.show({ address });
}

async function smoke(field: Field): Promise<void> {
  const { input, effects } = field;
  field.show({ phase: 'smoke' }, `smoke test of ${input.candidate}`);
  try {
    await guarded(field, () =>
      effects.quick.smokeTest.executeWithOptions(summary(`smoke test ${named(field)} ${input.candidate}`), [
        { ...about(field), test: input.plan.smokeTest },
      ]),
    );
  } catch (error) {
    // One that fails while it has users is as bad as one whose users get errors.
    if (field.moved && !isCancellation(error)) field.judgedBad = true;
    throw error;
  }
}

async function advance(field: Field, steps: readonly Share[]): Promise<Share | undefined> {
  const share = nextShare(steps, field.share, field.wanted);
  delete field.wanted;
  if (share !== undefined) await shift(field, share);
  return share;
}

async function shift(field: Field, share: Share): Promise<void> {
  const { input, effects, undo } = field;
  field.heading = share;
  const step = `${percent(field.share)} → ${percent(share)}`;
  field.show({ phase: 'shift' }, `shift ${step}`);
  if (!field.moved) {
    undo.add(`make ${input.replaces?.release.version ?? 'nothing'} the live release`, () =>
      undoPromote(field),
    );
    undo.add('send all traffic back', () => undoShift(field));
  }
  field.moved = true;
  await guarded(field, () =>
    effects.quick.shiftTraffic.executeWithOptions(summary(`shift ${named(field)} ${step}`), [
      { ...about(field), share, from: field.share, userKey: input.plan.userKey },
    ]),
  );
  field.share = share;
  field.show({ shares: sharesOf(field, share) });
}

async function promote(field: Field): Promise<void> {
  const { input } = field;
  field.show({ phase: 'promote' }, `${input.release.version} is the live release`);
  await guarded(field, () =>
    control.promote.executeWithOptions(summary(`promote ${named(field)} ${input.release.version}`), [
      { ...about(field), release: input.release, configuration: input.plan.configuration },
    ]),
  );
}
