import { canonical, type Json } from './canonical.js';
import { durationText } from './duration.js';
import { byQuarters } from './gradual.js';
import { isJson } from './own-stage.js';
import { FULL, type DeploymentPlan, type Share, type Strategy, type StrategyKind } from './plan.js';
import type { DeploymentKind } from './store.js';

/** One step of a strategy of a user's own, from all users on stable to all users on the candidate. */
export type StrategyStep =
  /** So many of the users go to the candidate, in basis points. */
  | { readonly kind: 'shift'; readonly share: Share }
  /** The candidate is watched for that long; a bad one is rolled back. */
  | { readonly kind: 'watch'; readonly ms: number }
  /** A person says whether it goes on; until then it is watched. */
  | { readonly kind: 'ask'; readonly question: string }
  /** The smoke test once more. */
  | { readonly kind: 'smoke' };

/** What a strategy of a user's own is told: plain facts, and nothing to act with. */
export interface StrategyFacts {
  readonly service: string;
  readonly environment: string;
  /** What is to be deployed, and what serves now: where nothing serves, no strategy is asked, and all users go at once. */
  readonly version: string;
  readonly commit: string;
  readonly stable: { readonly version: string; readonly commit: string };
  readonly plan: DeploymentPlan;
  /** What stands below `strategy_with` in the configuration. */
  readonly with: Readonly<Record<string, Json>>;
}

/**
 * A strategy of a user's own: a pure function from facts to steps. It is asked when a run begins, when its approval is asked for, and when it
 * is admitted: one that answers the same facts in another way is another decision each time. Smoke test, promotion, bake and the way back
 * are shipway's own, before its steps and after them.
 */
export type StrategyFunction = (facts: StrategyFacts) => readonly StrategyStep[];

/** By a function of the user's own. */
export interface OwnStrategy {
  readonly kind: 'own';
  /** `own:NAME`. */
  readonly uses: string;
  readonly with: Readonly<Record<string, Json>>;
  /** As the workers were given them when the deployment was admitted; absent before, and where nothing served. */
  readonly steps?: readonly StrategyStep[];
}

const MOST_STEPS = 50;
const MOST_WATCH_MS = 28 * 86_400_000;
const MOST_QUESTION = 200;
const KEYS = { shift: 'share', watch: 'ms', ask: 'question', smoke: undefined } as const;

/** Steps as they are carried out, or why they cannot be. */
export function readSteps(given: unknown, { watch }: DeploymentPlan): readonly StrategyStep[] | string {
  if (!Array.isArray(given) || !isJson(given)) return 'it gave no list of steps of plain data';
  if (given.length > MOST_STEPS)
    return `it gave ${String(given.length)} steps, and ${String(MOST_STEPS)} are the most`;
  let share = 0;
  for (const [i, step] of (given as readonly StrategyStep[]).entries()) {
    const why = malformed(step) ?? unfit(step, share, watch.intervalMs);
    if (why !== undefined) return `step ${String(i + 1)}: ${why}`;
    if (step.kind === 'shift') share = step.share;
  }
  const last = (given as readonly StrategyStep[]).at(-1);
  return last?.kind === 'shift' && last.share === FULL
    ? (given as readonly StrategyStep[])
    : `the last step does not shift to ${String(FULL)}: all users, after which it bakes`;
}

function malformed(step: StrategyStep): string | undefined {
  if (typeof step !== 'object' || step === null || !Object.hasOwn(KEYS, step.kind))
    return `${JSON.stringify(step)} is none of ${Object.keys(KEYS).join(', ')}`;
  const needed = KEYS[step.kind];
  const other = Object.keys(step).find((key) => key !== 'kind' && key !== needed);
  return other === undefined ? undefined : `${step.kind} has no ${other}`;
}

function unfit(step: StrategyStep, before: Share, leastMs: number): string | undefined {
  switch (step.kind) {
    case 'shift':
      if (!within(step.share, 1, FULL))
        return `a share is a whole number from 1 to ${String(FULL)}, and not ${String(step.share)}`;
      return step.share > before ? undefined : `${String(step.share)} is not more than ${String(before)}`;
    case 'watch':
      if (before === 0) return 'nothing is to be seen before the first shift';
      return within(step.ms, leastMs, MOST_WATCH_MS)
        ? undefined
        : `it watches for whole milliseconds, from monitoring.interval (${durationText(leastMs)}) to ${durationText(MOST_WATCH_MS)}, and not ${String(step.ms)}`;
    case 'ask':
      return asksSomething(step.question)
        ? undefined
        : `a question is one line of at most ${String(MOST_QUESTION)} characters`;
    case 'smoke':
      return undefined;
  }
}

const within = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
const asksSomething = (text: unknown): boolean =>
  typeof text === 'string' && text.length <= MOST_QUESTION && /^\S[^\p{Cc}\u2028\u2029]*$/u.test(text);

/** What is done at a share before the next one is gone to. */
export interface Rung {
  readonly share: Share;
  readonly then: readonly Act[];
}
export type Act = Exclude<StrategyStep, { readonly kind: 'shift' }>;
export interface Ladder {
  /** Before any user is moved. */
  readonly first: readonly Act[];
  readonly rungs: readonly Rung[];
}

export function ladderOf(steps: readonly StrategyStep[]): Ladder {
  const rungs: { share: Share; then: Act[] }[] = [];
  const first: Act[] = [];
  for (const step of steps) {
    if (step.kind === 'shift') rungs.push({ share: step.share, then: [] });
    else (rungs.at(-1)?.then ?? first).push(step);
  }
  return { first, rungs };
}

/**
 * What is done at a share that may be a person's: what is done at the step below it; at all users nothing, for then it bakes. Who asked for
 * fewer than `before` wants it to stay there: where no time passes at that step, what is done at the next one where it does.
 */
export function actsAt({ rungs }: Ladder, share: Share, before: Share): readonly Act[] {
  if (share === FULL) return [];
  const from = rungs.slice(
    Math.max(
      rungs.findLastIndex((rung) => rung.share <= share),
      0,
    ),
  );
  const stays = share < before ? from.find(({ then }) => then.some(takesTime)) : undefined;
  return (stays ?? from[0])?.then ?? [];
}

const takesTime = ({ kind }: Act): boolean => kind === 'watch' || kind === 'ask';

/** Whether users are with both releases for a while, so that the two can be compared. */
export const leavesBoth = (kind: StrategyKind): boolean =>
  kind === 'canary' || kind === 'rolling' || kind === 'own';

/** Whether the old instances give way before the new ones stand: who goes back waits until they have been started again. */
export const replacesInstances = (name: string): boolean => name === 'in_place' || name === 'rolling';

/**
 * The way a deployment really goes. Where nothing serves there is nothing to compare with or to replace, and who goes back does not take it
 * step by step unless that was asked for: both go the way of blue-green. What cannot run beside its successor cannot run
 * beside its predecessor either: what is admitted to take its place has its strategy.
 */
export const wayOf = (of: {
  readonly kind: DeploymentKind;
  readonly replaces?: unknown;
  readonly plan: Pick<DeploymentPlan, 'strategy' | 'rollback'>;
}): Strategy => {
  const { strategy, rollback } = of.plan;
  if (of.replaces !== undefined && (of.kind === 'deploy' || strategy.kind === 'in_place')) return strategy;
  return of.replaces !== undefined && of.kind === 'rollback' && rollback !== undefined
    ? byQuarters(rollback)
    : { kind: 'blue_green' };
};

/** Its name as a configuration has it. */
export const strategyName = (strategy: Strategy): string =>
  strategy.kind === 'own' ? strategy.uses : strategy.kind;

/** `10% watched for 2m, asks “well?”, 100%`. */
export function stepsText(steps: readonly StrategyStep[]): string {
  const said = steps.map((step) => {
    switch (step.kind) {
      case 'shift':
        return `, ${percentText(step.share)}`;
      case 'watch':
        return ` watched for ${durationText(step.ms)}`;
      case 'ask':
        return `, asks “${step.question}”`;
      case 'smoke':
        return ', smoke test';
    }
  });
  return said.join('').replace(/^, /, '');
}

/** Basis points as a configuration has them. */
export const percentText = (share: Share): string => `${String((share * 100) / FULL)}%`;

/** On one line, with all that a configuration says of it. */
export function strategyText(strategy: Strategy): string {
  switch (strategy.kind) {
    case 'canary':
      return `canary ${strategy.steps.map(percentText).join(', ')}, ${durationText(strategy.stepDurationMs)} each`;
    case 'feature_flag':
      return `feature_flag ${strategy.flag} ${strategy.variant}: dark, ${strategy.steps.map(percentText).join(', ')}, ${durationText(strategy.stepDurationMs)} each`;
    case 'rolling':
      return `rolling, ${String(strategy.batchSize)} at a time, ${durationText(strategy.pauseMs)} each${strategy.onBadBatch === 'ask' ? ', asks about a bad batch' : ''}`;
    case 'own':
      return `${strategy.uses} with ${canonical(strategy.with)}`;
    case 'in_place':
      return 'in_place, with downtime';
    case 'blue_green':
      return 'blue_green';
  }
}
