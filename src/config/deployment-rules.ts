import { refuseCombination } from '../domain/capabilities.js';
import { FULL, type DeploymentPlan } from '../domain/plan.js';
import { problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { looksSecret } from './secrets.js';
import type { DeployInput } from './service-schema.js';
import { durationText } from './units.js';

type Place = (keys: readonly string[]) => readonly PropertyKey[];
const RESERVED = /^(PORT|HOST|SHIPWAY_.*)$/;

/** What no schema can say of one environment's deployment. `place` says where a key stands. */
export function deploymentProblems(
  plan: DeploymentPlan,
  input: DeployInput,
  place: Place,
  source: Source,
): Problem[] {
  const say = (keys: readonly string[], message: string, suggestion: string): Problem =>
    problemAt(source, place(keys), message, suggestion);
  return [
    ...combination(plan, say),
    ...canarySteps(plan, say),
    ...windows(plan, say),
    ...variables(input, say),
  ];
}
type Say = (keys: readonly string[], message: string, suggestion: string) => Problem;

function combination(plan: DeploymentPlan, say: Say): Problem[] {
  const why = refuseCombination(plan);
  return why === undefined ? [] : [say(['strategy'], why, 'another strategy')];
}

function canarySteps({ strategy, watch }: DeploymentPlan, say: Say): Problem[] {
  if (strategy.kind !== 'canary') return [];
  const problems: Problem[] = [];
  const { steps, stepDurationMs } = strategy;
  if (steps.some((share, i) => share <= (steps[i - 1] ?? 0)))
    problems.push(
      say(
        ['canary', 'steps'],
        'the shares do not rise',
        'each step above the one before, such as 5%, 25%, 100%',
      ),
    );
  if (steps.at(-1) !== FULL)
    problems.push(say(['canary', 'steps'], 'the last share is not 100%', 'adding 100% at the end'));
  if (watch.intervalMs > stepDurationMs)
    problems.push(
      say(
        ['monitoring', 'interval'],
        `it is longer than a step (${durationText(stepDurationMs)}), which would never be looked at`,
        `at most ${durationText(stepDurationMs)}`,
      ),
    );
  return problems;
}

/** A window that holds less than two looks cannot tell anything. */
function windows({ watch }: DeploymentPlan, say: Say): Problem[] {
  const { errorRate, responseTime, healthCheckFailures } = watch.triggers;
  const all = {
    error_rate: errorRate,
    response_time: responseTime,
    health_check_failures: healthCheckFailures,
  };
  return Object.entries(all).flatMap(([name, trigger]) =>
    trigger === undefined || trigger.windowMs >= 2 * watch.intervalMs
      ? []
      : [
          say(
            ['triggers', name, 'window'],
            `it is shorter than two looks (monitoring.interval is ${durationText(watch.intervalMs)})`,
            `at least ${durationText(2 * watch.intervalMs)}`,
          ),
        ],
  );
}

function variables(input: DeployInput, say: Say): Problem[] {
  return Object.entries(input.environment ?? {}).flatMap(([key, value]) => {
    if (RESERVED.test(key)) return [say(['environment', key], `${key} is set by shipway`, 'another name')];
    return looksSecret(key, value)
      ? [
          say(
            ['environment', key],
            'this looks like a secret, and a secret never belongs into version control',
            'taking it out and rotating it',
          ),
        ]
      : [];
  });
}
