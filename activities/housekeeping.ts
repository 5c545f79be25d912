import {
  releasesAtHand,
  releasesToRemove,
  samplesToRemove,
  type HousekeepingView,
  type InUse,
  type Kind,
  type Removed,
} from '../src/domain/housekeeping.js';
import { retentionOf } from '../src/domain/policy.js';
import type { Digest } from '../src/domain/release.js';
import { GRACE_MS } from '../src/domain/retention.js';
import type { OldPage } from '../src/domain/old.js';
import { entry } from './audit.js';
import type { Delivered } from './deliver.js';
import { beating } from './beating.js';
import type { ControlDeps, EffectDeps } from './deps.js';
import { inUse, openRuns } from './in-use.js';

/** So many at once: no statement of the store holds anything for long. */
export const PAGE = 100;
export type HousekeepingDeps = Pick<ControlDeps, 'store' | 'policy' | 'client' | 'artifacts'>;
export interface HousekeepingAsked {
  readonly dryRun: boolean;
}
type Part = Pick<HousekeepingView, 'removed' | 'kept'>;

/** What a host needs to know of the rest. */
export interface RecordsRemoved extends Part {
  readonly hosts: readonly string[];
  readonly keep: readonly Digest[];
  readonly cachesMs: number;
}

/**
 * Removes rows that have had their time, page by page: output, samples, releases, messages. What they named is removed after them, when nothing
 * else names it. Cut off or repeated, it goes on with what is left. Fails with `store.unavailable`, `policy.refused`.
 */
export const recordsRemoved =
  (deps: HousekeepingDeps) =>
  ({ dryRun }: HousekeepingAsked): Promise<RecordsRemoved> =>
    beating(async (signal) => {
      const now = Date.now();
      const retention = retentionOf(await deps.policy());
      const open = await openRuns(deps);
      const used = await inUse(deps, open);
      const before = (ms: number): string => new Date(now - ms).toISOString();
      const of = { deps, dryRun, signal };
      const logs = await removeLogs(of, before(retention.logsMs), used);
      const samples = await removeSamples(of, before(retention.samplesMs), used);
      const releases = await removeReleases(of, before(retention.releasesMs), used);
      const messages = await removeMessages(of, before(retention.logsMs));
      return {
        removed: {
          ...{ logs: logs.removed, samples: samples.removed, releases: releases.removed },
          messages: messages.removed,
        },
        kept: { logs: logs.kept, samples: samples.kept, releases: releases.kept },
        hosts: [...new Set(used.targets.flatMap(({ host }) => host ?? []))],
        keep: releasesAtHand(used),
        cachesMs: retention.cachesMs,
      };
    });

interface Removing extends HousekeepingAsked {
  readonly deps: HousekeepingDeps;
  readonly signal: AbortSignal;
}
export interface Swept {
  readonly removed: Removed;
  readonly kept: Readonly<Record<string, number>>;
}
interface Page<T> {
  readonly go: readonly T[];
  readonly kept: Readonly<Record<string, number>>;
}

/** Looks at pages until one is not full, and removes what is to go of each. */
async function paged<T>(
  { dryRun, signal }: Removing,
  before: string,
  of: {
    readonly find: (page: OldPage) => Promise<readonly T[]>;
    readonly nameOf: (one: T) => string;
    readonly countOf: (one: T) => number;
    readonly decide: (found: readonly T[]) => Page<T>;
    readonly remove: (go: readonly T[]) => Promise<void>;
  },
): Promise<Swept> {
  const kept: Record<string, number> = {};
  let count = 0;
  for (let after: string | undefined; ;) {
    signal.throwIfAborted();
    const found = await of.find({ before, limit: PAGE, ...(after === undefined ? {} : { after }) });
    const page = of.decide(found);
    if (page.go.length > 0 && !dryRun) await of.remove(page.go);
    count += page.go.reduce((sum, one) => sum + of.countOf(one), 0);
    for (const [why, n] of Object.entries(page.kept)) kept[why] = (kept[why] ?? 0) + n;
    const last = found.at(-1);
    if (last === undefined || found.length < PAGE) return { removed: { count }, kept };
    after = of.nameOf(last);
  }
}

const removeLogs = (of: Removing, before: string, { runs }: InUse): Promise<Swept> => {
  const { old } = of.deps.store;
  return paged(of, before, {
    find: (page) => old.logs(page),
    nameOf: ({ run }) => run,
    countOf: ({ chunks }) => chunks,
    decide: (found) => {
      const go = found.filter(({ run }) => !runs.includes(run));
      const open = found.length - go.length;
      return { go, kept: open === 0 ? {} : { under_way: open } };
    },
    remove: (go) => old.removeLogs(go.map(({ run }) => run)),
  });
};

const removeSamples = (of: Removing, before: string, used: InUse): Promise<Swept> => {
  const { old } = of.deps.store;
  return paged(of, before, {
    find: (page) => old.samples(page),
    nameOf: ({ deployment }) => deployment,
    countOf: ({ samples }) => samples,
    decide: (found) => samplesToRemove(found, used),
    remove: (go) => old.removeSamples(go.map(({ deployment }) => deployment)),
  });
};

const removeReleases = (of: Removing, before: string, used: InUse): Promise<Swept> => {
  const { old } = of.deps.store;
  return paged(of, before, {
    find: (page) => old.releases(page),
    nameOf: ({ service, digest }) => `${service}/${digest}`,
    countOf: () => 1,
    decide: (found) => releasesToRemove(found, used),
    remove: (go) => old.removeReleases(go, before),
  });
};

const removeMessages = (of: Removing, before: string): Promise<Swept> => {
  const { old } = of.deps.store;
  return paged(of, before, {
    find: (page) => old.messages(page),
    nameOf: ({ id }) => id,
    countOf: () => 1,
    decide: (go) => ({ go, kept: {} }),
    remove: (go) => old.removeMessages(go.map(({ id }) => id)),
  });
};

/** Removes what this host can make again. Fails with `provider.unavailable`. */
export const releasesSwept =
  ({ provider }: Pick<EffectDeps, 'provider'>) =>
  ({
    keep,
    cachesMs,
    dryRun,
  }: HousekeepingAsked & Pick<RecordsRemoved, 'keep' | 'cachesMs'>): Promise<Removed> =>
    beating((signal) =>
      provider.sweep({ keep, before: Date.now() - Math.max(cachesMs, GRACE_MS), dryRun }, signal),
    );

/** Sends what is due of the outbox; a worker without a courier sends nothing. Repeated it goes on with what is left. */
export const outboxDelivered =
  ({ courier }: Pick<ControlDeps, 'courier'>) =>
  (): Promise<Delivered> =>
    beating(async (signal) => (await courier?.deliver(signal)) ?? {});

/** Puts down what was removed, for good. */
export const housekeepingDone =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async ({
    removed,
    unanswered,
    failed = [],
  }: Pick<HousekeepingView, 'removed' | 'unanswered' | 'failed'>): Promise<void> => {
    const subject = { service: 'shipway', environment: 'all', version: 'housekeeping' };
    const counts = Object.entries(removed) as readonly [Kind, Removed][];
    await store.audit.append([
      entry(subject, 'housekeeping.done', {
        removed: Object.fromEntries(counts.map(([kind, { count }]) => [kind, count])),
        bytes: counts.reduce((sum, [, { bytes = 0 }]) => sum + bytes, 0),
        unanswered,
        ...(failed.length === 0 ? {} : { failed: failed.map(({ what }) => what) }),
      }),
    ]);
  };
