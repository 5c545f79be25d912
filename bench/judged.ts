import { COMPARISON_DEFAULTS } from '../src/config/comparison.js';
import { triggersOf } from '../src/config/deployment.js';
import { verdictOf } from '../src/domain/judgement.js';
import { extended, findingsOf, type Judged } from '../src/domain/watch-loop.js';
import type { Triggers, WatchPlan } from '../src/domain/watch-plan.js';
import type { WatchEvidence } from '../src/domain/watching.js';
import { seeded } from './random.js';
import { CANDIDATE, STABLE, simulatedUsers, type Simulation } from './simulated-users.js';

/** What a configuration has that says nothing of them. */
export const COMPARISON = COMPARISON_DEFAULTS;
export const {
  errorRate: ERROR_RATE,
  responseTime: RESPONSE_TIME,
  healthCheckFailures: HEALTH_CHECK_FAILURES,
} = triggersOf(undefined);

/** How one simulated deployment was judged. */
export interface Judgement {
  /** How many requests the candidate had had when it was found bad; absent: it never was. */
  readonly failedAt?: number;
  readonly looks: number;
}

/**
 * Requests of the candidate from the first one that may be bad, after so many good ones, until it was found bad. Infinite where it never was,
 * and where it had been taken back before, for nothing.
 */
export const delayOf = ({ failedAt = Infinity }: Judgement, good: number): number =>
  failedAt > good ? failedAt - good : Infinity;

/** One deployment, looked at so many times at most, by exactly what a watch judges with. */
export function judged(
  simulation: Omit<Simulation, 'random'>,
  triggers: Triggers,
  most: number,
  seed: number,
): Judgement {
  const users = simulatedUsers({ ...simulation, random: seeded(seed) });
  const plan: WatchPlan = {
    ...{ intervalMs: 10_000, triggers, stepTimeoutMs: 0 },
    ...{ onInconclusive: 'hold', onUnavailable: 'hold' },
  };
  let evidence: WatchEvidence = { observations: [] };
  for (let look = 0; look < most; look++) {
    const of: Judged = { plan, candidate: CANDIDATE, stable: STABLE, share: simulation.share(look), from: 0 };
    evidence = extended(of, evidence, users.look());
    if (verdictOf(findingsOf(of, evidence)).kind === 'fail') return { failedAt: users.sent(), looks: look };
  }
  return { looks: most };
}

/** Many of them, each with a seed of its own that is the same in every run. */
export const judgedOften = (
  times: number,
  simulation: Omit<Simulation, 'random'>,
  triggers: Triggers,
  most: number,
): readonly Judgement[] =>
  Array.from({ length: times }, (_, i) => judged(simulation, triggers, most, 7_919 * (i + 1)));
