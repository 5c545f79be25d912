import type { ErrorRateTrigger, HealthTrigger, ResponseTimeTrigger, WatchPlan } from './watch-plan.js';
import { probed, type Probed } from './probed.js';
import { bothBad, type Verdict, type VerdictKind } from './verdict.js';
import type { Measured, Observation, Sample } from './watching.js';
import { NOTHING, quantileBound, windowOf, type Subject, type Window } from './window.js';

/** One trigger's finding, as it is kept for good. */
export type Finding = Pick<Sample, 'trigger' | 'value' | 'limit' | 'verdict' | 'measured'>;

/** All triggers over the observations up to and with the newest one. */
export function judge(
  plan: WatchPlan,
  observations: readonly Observation[],
  candidate: Subject,
  stable: Subject | undefined,
): readonly Finding[] {
  const newest = observations.at(-1);
  if (newest === undefined) return [source('nothing has been observed yet')];
  const { errorRate, responseTime, healthCheckFailures } = plan.triggers;
  const findings: Finding[] = [];
  if (healthCheckFailures !== undefined) findings.push(byHealth(healthCheckFailures, observations));
  if (newest.counters === undefined)
    return [...findings, source(newest.unavailable ?? 'the metric source did not answer')];
  if (errorRate !== undefined) findings.push(byErrors(errorRate, observations, candidate, stable));
  if (responseTime !== undefined) findings.push(byLatency(responseTime, observations, candidate, stable));
  if (newest.unavailable !== undefined) findings.push(source(newest.unavailable));
  return findings;
}

/** The verdict of several findings: one failure fails; doubt beats a pass, and a silent source beats too little data. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  for (const kind of ['fail', 'unavailable', 'inconclusive'] satisfies VerdictKind[]) {
    const found = findings.filter((f) => f.verdict.kind === kind);
    if (found.length === 0) continue;
    const reason = found.map((f) => f.verdict.reason).join('; ');
    return { kind, reason, ...(found.every((f) => f.verdict.lacks) ? { lacks: 'requests' } : {}) };
  }
  return { kind: 'pass', reason: findings.map((f) => f.verdict.reason).join('; ') || 'no trigger is set' };
}

const source = (why: string): Finding => ({
  trigger: 'source',
  value: 'none',
  limit: 'an answer',
  verdict: { kind: 'unavailable', reason: why },
});

/** What is too much within a window, and when there are requests enough to tell. */
interface Limit {
  readonly windowMs: number;
  readonly minRequests: number;
  readonly countOf: (window: Window) => number;
  readonly isBeyond: (window: Window) => boolean;
}

const limitOfErrors = ({ threshold, windowMs, minRequests }: ErrorRateTrigger): Limit => ({
  ...{ windowMs, minRequests },
  countOf: ({ requests }) => requests,
  isBeyond: ({ requests, errors }) => requests >= minRequests && errors * 10_000 > threshold * requests,
});

const limitOfTimes = ({ p95ThresholdMs, windowMs, minRequests }: ResponseTimeTrigger): Limit => ({
  ...{ windowMs, minRequests },
  countOf: timed,
  isBeyond: (window) =>
    timed(window) >= minRequests && (quantileBound(window, 0.95) ?? Infinity) > p95ThresholdMs,
});

/** Both sides by a limit. */
function sidesOf(
  limit: Limit,
  observations: readonly Observation[],
  ours: Subject,
  theirs: Subject | undefined,
): Sides {
  const candidate = windowOf(observations, limit.windowMs, ours);
  const bad = limit.isBeyond(candidate);
  if (theirs === undefined) return { candidate, stable: NOTHING, bad, badToo: false };
  const stable = windowOf(observations, limit.windowMs, theirs);
  return { candidate, stable, bad, badToo: bad && isBeyondToo(limit, observations, theirs) };
}
interface Sides {
  readonly candidate: Window;
  readonly stable: Window;
  readonly bad: boolean;
  readonly badToo: boolean;
}

function byErrors(
  trigger: ErrorRateTrigger,
  observations: readonly Observation[],
  ours: Subject,
  theirs: Subject | undefined,
): Finding {
  const { candidate, stable, bad, badToo } = sidesOf(limitOfErrors(trigger), observations, ours, theirs);
  const value = `${String(candidate.errors)} of ${String(candidate.requests)}`;
  const limit = `${String(trigger.threshold / 100)} %`;
  const said = `error rate ${value} (limit ${limit})`;
  return {
    trigger: 'error_rate',
    value,
    limit,
    verdict: weighed(said, candidate.requests, trigger.minRequests, bad, badToo),
    measured: measured(candidate.requests, errorRateOf(candidate), errorRateOf(stable)),
  };
}

/** Whether stable is beyond the limit of errors too. */
export const isBadToo = (
  trigger: ErrorRateTrigger,
  observations: readonly Observation[],
  stable: Subject,
): boolean => isBeyondToo(limitOfErrors(trigger), observations, stable);

/** Within the whole window, or now. What both meet takes one of them beyond the limit of a window before the other. */
const isBeyondToo = (limit: Limit, observations: readonly Observation[], stable: Subject): boolean =>
  limit.isBeyond(windowOf(observations, limit.windowMs, stable)) ||
  limit.isBeyond(newestOf(limit, observations, stable));

/** The shortest time until now with requests enough that it does not hang on one or two of them, within the window. */
function newestOf(
  { windowMs, minRequests, countOf }: Limit,
  observations: readonly Observation[],
  who: Subject,
): Window {
  const now = observations.at(-1)?.at ?? 0;
  for (const { at } of observations.slice(0, -1).toReversed()) {
    const window = windowOf(observations, Math.min(now - at, windowMs), who);
    if (countOf(window) >= SEVERAL * minRequests) return window;
    if (now - at >= windowMs) break;
  }
  return NOTHING;
}
const SEVERAL = 5;

const errorRateOf = ({ errors, requests }: Window): number | undefined =>
  requests === 0 ? undefined : errors / requests;

export const measured = (of: number, value: number | undefined, stable?: number): Measured => ({
  of,
  ...(value === undefined ? {} : { value }),
  ...(stable === undefined ? {} : { stable }),
});

function byLatency(
  trigger: ResponseTimeTrigger,
  observations: readonly Observation[],
  ours: Subject,
  theirs: Subject | undefined,
): Finding {
  const { candidate, stable, bad, badToo } = sidesOf(limitOfTimes(trigger), observations, ours, theirs);
  const bound = quantileBound(candidate, 0.95);
  const value =
    timed(candidate) === 0 ? 'no requests' : `p95 ≤ ${bound === undefined ? '∞' : String(bound)} ms`;
  const limit = `${String(trigger.p95ThresholdMs)} ms`;
  const said = `response time ${value} (limit ${limit})`;
  return {
    trigger: 'response_time',
    value,
    limit,
    verdict: weighed(said, timed(candidate), trigger.minRequests, bad, badToo),
    measured: measured(timed(candidate), bound, quantileBound(stable, 0.95)),
  };
}

/** Requests whose time is known: a source may count some elsewhere than it takes the time of them. */
const timed = ({ requests, latency }: Window): number =>
  Math.min(requests, latency.find((b) => b.leMs === null)?.count ?? requests);

function weighed(
  said: string,
  requests: number,
  min: number,
  candidateBad: boolean,
  stableBad: boolean,
): Verdict {
  if (requests < min)
    return {
      kind: 'inconclusive',
      reason: `${said}: ${String(requests)} requests, at least ${String(min)} are needed`,
      lacks: 'requests',
    };
  if (!candidateBad) return { kind: 'pass', reason: said };
  return stableBad ? bothBad(said) : { kind: 'fail', reason: said };
}

function byHealth(trigger: HealthTrigger, observations: readonly Observation[]): Finding {
  const since = (observations.at(-1)?.at ?? 0) - trigger.windowMs;
  const inside = observations.filter((o) => o.at > since);
  const { probes, failures } = probed(inside.map(({ health }) => health));
  const stable = probed(inside.flatMap(({ stableHealth }) => stableHealth ?? []));
  const note = inside.findLast((o) => o.health.note !== undefined)?.health.note;
  const value = `${String(failures)} of ${String(probes)}`;
  const limit = String(trigger.threshold);
  const said = `health checks failed ${value} (limit ${limit})${note === undefined ? '' : `: ${note}`}`;
  return {
    trigger: 'health_check_failures',
    value,
    limit,
    verdict:
      failures < trigger.threshold
        ? belowLimit(said, probes, observations.at(-1)?.health.unavailable)
        : isUnwellToo(inside)
          ? bothBad(said)
          : { kind: 'fail', reason: said },
    measured: measured(
      probes,
      probes === 0 ? undefined : failures,
      stable.probes === 0 ? undefined : stable.failures,
    ),
  };
}

function belowLimit(said: string, probes: number, away: string | undefined): Verdict {
  if (away !== undefined) return { kind: 'unavailable', reason: `health checks could not be made: ${away}` };
  return { kind: probes === 0 ? 'inconclusive' : 'pass', reason: said };
}

/**
 * Whether stable's health checks fail too: all of them now, or in the window at least a quarter as much as the candidate's, for what hits
 * both does not hit them at the same looks. Each look counts by
 * the part that failed, as the two seldom have as many instances: of many of stable's one that is dead saves no candidate.
 */
function isUnwellToo(looks: readonly Observation[]): boolean {
  if (failedPart(looks.at(-1)?.stableHealth) === 1) return true;
  let [ours, theirs] = [0, 0];
  for (const { health, stableHealth } of looks) {
    ours += failedPart(health);
    theirs += failedPart(stableHealth);
  }
  return 4 * theirs >= ours;
}

const failedPart = ({ probes, failures }: Probed = { probes: 0, failures: 0 }): number =>
  probes === 0 ? 0 : failures / probes;
