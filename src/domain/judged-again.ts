import { RETURNING } from './gradual.js';
import { verdictOf } from './judgement.js';
import { under } from './metric-breach.js';
import type { Digest } from './release.js';
import { otherSlot } from './target.js';
import type { Verdict, VerdictKind } from './verdict.js';
import { extended, findingsOf, type Judged } from './watch-loop.js';
import { RESOURCES } from './usage.js';
import type { MetricTrigger, WatchPlan } from './watch-plan.js';
import type { Look, Sample, WatchEvidence } from './watching.js';

/** Which releases a deployment was about. */
export interface Releases {
  readonly candidate: Digest;
  /** Absent: there was none. */
  readonly stable?: Digest;
}

/** What rules say of what was recorded. */
export interface JudgedAgain {
  /** Looks that could be judged; none of a deployment of before they were kept. */
  readonly looks: number;
  readonly from?: string;
  readonly to?: string;
  readonly verdicts: Readonly<Record<VerdictKind, number>>;
  /** The first look that would have taken it back; what was seen after it is not judged. */
  readonly failed?: At;
  /** Phases whose last look leaves in doubt whether they pass. */
  readonly doubtful: readonly At[];
}
export interface At {
  readonly at: string;
  readonly phase: string;
  readonly reason: string;
}

/** Takes samples in the order of time, a few at once or all. */
export function judgingAgain(plan: WatchPlan, releases: Releases) {
  const verdicts = { pass: 0, fail: 0, inconclusive: 0, unavailable: 0 };
  const doubtful: At[] = [];
  let evidence: WatchEvidence = { observations: [] };
  let [first, last]: (Seen | undefined)[] = [];
  let [looks, failed]: [number, At | undefined] = [0, undefined];
  const closed = (): void => {
    if (last !== undefined && isDoubt(last.verdict)) doubtful.push(last.at);
  };
  return {
    add: ({ at, phase, look }: Sample): void => {
      // Users return to what was there before: that was not for this deployment to take back.
      if (look === undefined || failed !== undefined || phase === RETURNING) return;
      const judged = judgedAs(plan, releases, look);
      evidence = extended(judged, evidence, look.observation);
      const verdict = verdictOf(findingsOf(judged, evidence));
      if (last !== undefined && last.at.phase !== phase) closed();
      last = { verdict, at: { at, phase, reason: verdict.reason } };
      first ??= last;
      looks += 1;
      verdicts[verdict.kind] += 1;
      if (verdict.kind === 'fail') failed = last.at;
    },
    end: (): JudgedAgain => {
      closed();
      return {
        ...{ looks, verdicts, doubtful },
        ...(first === undefined || last === undefined ? {} : { from: first.at.at, to: last.at.at }),
        ...(failed === undefined ? {} : { failed }),
      };
    },
  };
}

/**
 * Rules without what was not asked when looks were recorded, and the names of that: business metrics with another query then or none, and
 * what instances use where no trigger wanted it.
 */
export function askedThen(
  plan: WatchPlan,
  then: WatchPlan,
): { readonly plan: WatchPlan; readonly unasked: readonly string[] } {
  const { metrics = {}, cpu, memory, ...others } = plan.triggers;
  const wasAsked = (name: string, { query }: MetricTrigger): boolean =>
    under(then.triggers.metrics, name)?.query === query;
  const [asked, unasked] = [true, false].map((was) =>
    Object.entries(metrics).filter((one) => wasAsked(...one) === was),
  );
  const ofUse = { ...(cpu && { cpu }), ...(memory && { memory }) };
  // A provider says all of it at once.
  const wasMeasured = RESOURCES.some((resource) => then.triggers[resource] !== undefined);
  const triggers = { ...others, ...(wasMeasured ? ofUse : {}), metrics: Object.fromEntries(asked ?? []) };
  return {
    plan: { ...plan, triggers },
    unasked: [...(wasMeasured ? [] : Object.keys(ofUse)), ...(unasked ?? []).map(([name]) => name)],
  };
}

interface Seen {
  readonly verdict: Verdict;
  readonly at: At;
}
const isDoubt = ({ kind }: Verdict): boolean => kind === 'inconclusive' || kind === 'unavailable';

const judgedAs = (
  plan: WatchPlan,
  { candidate, stable }: Releases,
  { candidate: slot, share, from }: Look,
): Judged => ({
  ...{ plan, from, candidate: { release: candidate, slot } },
  ...(stable === undefined ? {} : { stable: { release: stable, slot: otherSlot(slot) } }),
  ...(share === undefined ? {} : { share }),
});
