import { against, compared, type Comparison } from './comparison.js';
import { isBadToo, type Finding } from './judgement.js';
import { FULL } from './plan.js';
import { bothBad } from './verdict.js';
import type { ComparisonTrigger, WatchPlan } from './watch-plan.js';
import type { Observation, WatchInput } from './watching.js';
import { find, isReset, type Subject } from './window.js';

type Compared = Pick<WatchInput, 'plan' | 'candidate' | 'stable' | 'share'>;

/**
 * The comparison with the newest observation. It stays as it is where nothing can be compared: all users with one of the two, or a source
 * that does not tell users apart.
 */
export function comparing(
  { plan, candidate, stable, share = 0 }: Compared,
  before: Comparison | undefined,
  observations: readonly Observation[],
): Comparison | undefined {
  const { comparison: trigger } = plan.triggers;
  if (trigger === undefined || stable === undefined || !isShared(share)) return before;
  const [ours, theirs] = [grown(observations, candidate), grown(observations, stable)];
  return ours === undefined || theirs === undefined
    ? before
    : compared(before, [...ours, ...theirs], share, trigger);
}

/** Whether users are with both at a share of the candidate's, so that both say something of the same time. */
export const isShared = (share: number): boolean => share > 0 && share < FULL;

/** What the newest look has counted of those at risk since the look before. The first look says where counters stood. */
function grown(observations: readonly Observation[], who: Subject): readonly [number, number] | undefined {
  const newest = find(observations.at(-1), who);
  if (newest?.atRisk === undefined) return undefined;
  const { requests, errors } = newest.atRisk;
  const looked = observations.slice(0, -1).findLast((o) => find(o, who)?.atRisk !== undefined);
  const last = find(looked, who);
  if (last?.atRisk === undefined) return [0, 0];
  return isReset(last, newest)
    ? [requests, errors]
    : [requests - last.atRisk.requests, errors - last.atRisk.errors];
}

/** What the comparison says while both serve, of a look that was answered; nothing where none is to be made. */
export function findingOf(
  of: Compared,
  comparison: Comparison | undefined,
  observations: readonly Observation[],
): readonly Finding[] {
  const { plan, candidate, stable, share = 0 } = of;
  const { comparison: trigger } = plan.triggers;
  if (trigger === undefined || stable === undefined || !isShared(share)) return [];
  const untold = [candidate, stable].filter((who) => find(observations.at(-1), who)?.atRisk === undefined);
  if (untold.length === 0 && comparison !== undefined)
    return [weighing(trigger, comparison, isBad(plan, observations, stable))];
  return [
    {
      ...{ trigger: 'comparison', value: 'not compared', limit: textOf(FULL / trigger.alpha) },
      verdict: mayLack(of, comparison, observations)
        ? { kind: 'pass', reason: 'not compared with stable: the source does not tell users apart' }
        : {
            kind: 'unavailable',
            reason: `not compared with stable: nothing tells users apart ${untold.map((who) => `in ${who.slot}`).join(' and ')}`,
          },
    },
  ];
}

/** A source that has never told users apart, and is not asked to, does not; what it did and does no more is missing. */
const mayLack = (
  { plan, candidate, stable }: Compared,
  comparison: Comparison | undefined,
  observations: readonly Observation[],
): boolean =>
  comparison === undefined &&
  plan.queries?.atRisk === undefined &&
  !observations.some((o) => [candidate, stable].some((who) => who && find(o, who)?.atRisk !== undefined));

function weighing(trigger: ComparisonTrigger, comparison: Comparison, stableBad: boolean): Finding {
  const { evidence, counts } = against(comparison, trigger);
  const limit = FULL / trigger.alpha;
  const [n, e, m, f] = counts;
  const value = `${String(e)} of ${String(n)} against ${String(f)} of ${String(m)}`;
  const said = `compared with stable, ${value} failed (evidence ${textOf(evidence)}, limit ${textOf(limit)})`;
  return {
    trigger: 'comparison',
    ...{ value: `${value}, evidence ${textOf(evidence)}`, limit: textOf(limit) },
    verdict:
      evidence >= limit
        ? stableBad
          ? bothBad(said)
          : { kind: 'fail', reason: said }
        : weighed(said, comparison, trigger.minRequests),
    measured: { value: Math.log10(Math.max(evidence, LEAST)), of: counts[0] },
  };
}

function weighed(said: string, { all, here }: Comparison, least: number): Finding['verdict'] {
  const [requests, , stable] = all;
  const few = Math.min(requests, stable);
  const why =
    few < least
      ? `${String(few)} requests of ${few === requests ? 'the candidate' : 'stable'}, at least ${String(least)} are needed`
      : here[0] === 0
        ? 'at this share no request of the candidate by a user without an error before'
        : undefined;
  return why === undefined
    ? { kind: 'pass', reason: said }
    : { kind: 'inconclusive', reason: `${said}: ${why}`, lacks: 'requests' };
}

const isBad = (
  { triggers: { errorRate } }: WatchPlan,
  observations: readonly Observation[],
  stable: Subject,
): boolean => errorRate !== undefined && isBadToo(errorRate, observations, stable);

/** Less speaks for the candidate, and is not drawn. */
const LEAST = 1;

const textOf = (evidence: number): string => String(Number(evidence.toPrecision(3)));
