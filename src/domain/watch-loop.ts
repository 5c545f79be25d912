import { comparing, findingOf } from './comparing.js';
import { judge, verdictOf, type Finding } from './judgement.js';
import { metricBreachesAfter } from './metric-breach.js';
import { judgeMetrics } from './metric-judgement.js';
import { probed } from './probed.js';
import type { WatchPlan } from './watch-plan.js';
import {
  EVIDENCE_LIMIT,
  type Observation,
  type Sample,
  type WatchBeat,
  type WatchEvidence,
  type WatchInput,
  type WatchResult,
} from './watching.js';
import { usageAfter } from './usage.js';
import { usageFindings } from './usage-judgement.js';
import type { Verdict } from './verdict.js';
import { outlives } from './window.js';

/** Everything a watch needs of the world, so that a week can be tested on a simulated clock. */
export interface WatchWorld {
  readonly now: () => number;
  /** Resolves after `ms`, or at once when interrupted. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly interrupted: () => boolean;
  /** One look after those before: what the source and the probes say. Never throws; a silent source is an observation. */
  readonly observe: (seen: readonly Observation[]) => Promise<Observation>;
  /** Keeps samples for good. A store that does not answer must not blind the watch: it resolves when tried. */
  readonly keep: (samples: readonly Sample[]) => Promise<void>;
  /** The resume point for a next attempt, with the verdict for whoever looks meanwhile. */
  readonly beat: (beat: WatchBeat) => void;
}

/**
 * Looks every interval until the phase is over, the candidate is bad, or somebody interrupts. A doubtful verdict at the end of
 * the phase is looked at again until `stepTimeoutMs` more have passed, unless the policy goes on in doubt anyway.
 */
export async function watchLoop(input: WatchInput, world: WatchWorld): Promise<WatchResult> {
  let evidence = input.evidence;
  let verdict: Verdict = { kind: 'inconclusive', reason: 'nothing has been observed yet' };
  for (;;) {
    if (world.interrupted()) return { verdict, interrupted: true, evidence };
    const observation = await world.observe(evidence.observations);
    // What was cut short saw what the interruption did, and not what the world does.
    if (world.interrupted()) return { verdict, interrupted: true, evidence };
    evidence = extended(input, evidence, observation);
    const findings = findingsOf(input, evidence);
    verdict = verdictOf(findings);
    await world.keep(samplesOf(input, world.now(), observation, findings));
    world.beat({ ...evidence, verdict });
    if (verdict.kind === 'fail') return { verdict, interrupted: false, evidence };
    const end = endOf(input, verdict);
    if (end !== undefined && world.now() >= end) return { verdict, interrupted: false, evidence };
    await world.sleep(
      Math.max(Math.min(input.plan.intervalMs, (end ?? Infinity) - world.now()), MIN_SLEEP_MS),
    );
  }
}
const MIN_SLEEP_MS = 10;

function endOf({ until, plan }: WatchInput, verdict: Verdict): number | undefined {
  if (until === undefined || verdict.kind === 'pass') return until;
  const policy = verdict.kind === 'unavailable' ? plan.onUnavailable : plan.onInconclusive;
  return policy === 'continue' ? until : until + plan.stepTimeoutMs;
}

/** What is judged of an input, whether it is watched now or was long ago. */
export type Judged = Pick<WatchInput, 'plan' | 'candidate' | 'stable' | 'share' | 'from'>;

/** One look more. */
export function extended(
  judged: Judged,
  before: WatchEvidence,
  { usage: used, ...look }: Observation,
): WatchEvidence {
  const { plan } = judged;
  const observations = [...before.observations.map(({ metrics: _, metricsAt: __, ...seen }) => seen), look];
  const comparison = comparing(judged, before.comparison, observations);
  const usage = usageAfter(plan.triggers, before.usage, used);
  const breaches = metricBreachesAfter(plan.triggers.metrics, before.breaches, look);
  return {
    observations: kept(plan, observations),
    ...(comparison === undefined ? {} : { comparison }),
    ...(usage === undefined ? {} : { usage }),
    ...(breaches === undefined ? {} : { breaches }),
  };
}

/** All that the newest look says. */
export function findingsOf(
  judged: Judged,
  { observations, comparison, usage, breaches }: WatchEvidence,
): readonly Finding[] {
  const { plan, candidate, stable, from } = judged;
  const newest = observations.at(-1);
  return [
    ...judge(plan, observations, candidate, stable),
    ...usageFindings(judged, usage),
    ...(newest?.counters === undefined ? [] : findingOf(judged, comparison, observations)),
    ...judgeMetrics(plan.triggers.metrics, newest, breaches),
    ...(newest?.counters === undefined || newest.at >= from ? [] : [OF_BEFORE]),
  ];
}

/** Counters that a source has not renewed since a step began say nothing of that step. */
const OF_BEFORE: Finding = {
  trigger: 'source',
  value: 'counters of before',
  limit: 'counters of this step',
  verdict: { kind: 'inconclusive', reason: 'the newest counters are of before this step began' },
};

/** The first of them has the look itself. */
const samplesOf = (
  { deployment, phase, candidate, share, from }: WatchInput,
  at: number,
  observation: Observation,
  findings: readonly Finding[],
): readonly Sample[] =>
  findings.map((finding, i) => ({
    ...{ deployment, phase, at: new Date(at).toISOString() },
    ...finding,
    ...(i > 0
      ? {}
      : {
          look: { observation, candidate: candidate.slot, from, ...(share === undefined ? {} : { share }) },
        }),
  }));

/** Observations still inside the longest window, and the one before it; thinned when there would be too many. */
export function kept(
  { triggers: { errorRate, responseTime, healthCheckFailures } }: WatchPlan,
  observations: readonly Observation[],
): readonly Observation[] {
  const windows = [errorRate, responseTime, healthCheckFailures]
    .flatMap((trigger) => trigger?.windowMs ?? [])
    .sort((a, b) => a - b);
  const newest = observations.at(-1)?.at ?? 0;
  const first = Math.max(
    observations.findLastIndex((o) => o.at <= newest - (windows.at(-1) ?? 0)),
    0,
  );
  const inside = observations.slice(first);
  return inside.length <= EVIDENCE_LIMIT ? inside : thinned(inside, windows);
}

/**
 * Without the one that is missed least, never the first or one of the last two: its health counts go to the next, which has its counters
 * too, as they are cumulative.
 */
function thinned(observations: readonly Observation[], windows: readonly number[]): readonly Observation[] {
  let out = 1;
  let least = Infinity;
  for (let i = 1; i < observations.length - 2; i++) {
    const gap = missed(observations, i, windows);
    if (gap < least) [out, least] = [i, gap];
  }
  const [a, b] = [observations[out], observations[out + 1]];
  if (a === undefined || b === undefined) return observations;
  const health = { ...a.health, ...b.health, ...probed([a.health, b.health]) };
  const theirs = [a, b].flatMap(({ stableHealth }) => stableHealth ?? []);
  const merged: Observation = {
    ...b,
    health,
    ...(theirs.length === 0 ? {} : { stableHealth: probed(theirs) }),
  };
  return [...observations.slice(0, out), merged, ...observations.slice(out + 2)];
}

/** A window begins at the last look before it, so what lies a little before it matters to it as much as what lies in it. */
const BESIDE = 1.25;

/**
 * The gap that the i-th would leave, in parts of the shortest window that it matters to: so each window is as exact as any other, however
 * long another one is. One with counters that began anew before or after it stays.
 */
function missed(observations: readonly Observation[], i: number, windows: readonly number[]): number {
  const [before, it, after] = [observations[i - 1], observations[i], observations[i + 1]];
  if (before === undefined || it === undefined || after === undefined) return Infinity;
  if (outlives(before, it) || outlives(it, after)) return Infinity;
  // A source may count on from the instant of the newest counters: they keep theirs.
  if (it.counters !== undefined && after.counters === undefined) return Infinity;
  const age = (observations.at(-1)?.at ?? 0) - it.at;
  const window = windows.find((ms) => age <= ms * BESIDE) ?? windows.at(-1) ?? 1;
  return (after.at - before.at) / window;
}
