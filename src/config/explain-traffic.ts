import { percent } from '../domain/details.js';
import { durationText } from '../domain/duration.js';
import { looksIn } from '../domain/watch-plan.js';
import { FULL, type DeploymentPlan, type Share } from '../domain/plan.js';

/** How the traffic of a deployment moves, and how long it takes. */
export const trafficTexts = (d: DeploymentPlan): readonly string[] => [
  `traffic: ${movesText(d)}`,
  `then watched for ${durationText(d.bakeMs)} until it is known good; it takes ${d.strategy.kind === 'own' ? 'its steps and ' : ''}${durationText(totalMs(d))} when nothing is wrong`,
];

function movesText({ strategy, smokeTest, drainTimeoutMs, configuration }: DeploymentPlan): string {
  const smoke = `smoke test ${smokeTest.path} on the idle slot`;
  const drained = `drained for at most ${durationText(drainTimeoutMs)}`;
  switch (strategy.kind) {
    case 'blue_green':
      return `${smoke}, then all users at once`;
    case 'canary':
      return [smoke, ...stepTexts(strategy), percent(FULL)].join(', ');
    case 'feature_flag':
      return [
        `${smoke}, then all users at once with ${strategy.flag} off, watched for ${durationText(strategy.stepDurationMs)}; then ${strategy.flag} is ${strategy.variant} for`,
        [...stepTexts(strategy), `${percent(FULL)} of the users; of a first deployment it stays off`].join(
          ', ',
        ),
      ].join(' ');
    case 'rolling':
      return `instances of what serves make room ${String(strategy.batchSize)} at a time: out of the router, ${drained}, stopped; these started in their place, smoke test ${smokeTest.path}, in; each batch watched for ${durationText(strategy.pauseMs)}; users follow the instances`;
    case 'in_place':
      return `with downtime: what serves is taken out of the router, ${drained} and stopped, this is started in its place within ${durationText(configuration.startupTimeoutMs)}, smoke test ${smokeTest.path}, all users; until then they get 503`;
    case 'own':
      return `${smoke}, then the steps that ${strategy.uses} gives with ${JSON.stringify(strategy.with)}: who approves is told them`;
  }
}

const stepTexts = ({
  steps,
  stepDurationMs: ms,
}: {
  readonly steps: readonly Share[];
  readonly stepDurationMs: number;
}): readonly string[] =>
  steps.filter((share) => share < FULL).map((share) => `${percent(share)} for ${durationText(ms)}`);

const totalMs = ({ strategy, bakeMs, configuration }: DeploymentPlan): number => {
  switch (strategy.kind) {
    case 'canary':
      return bakeMs + strategy.steps.filter((s) => s < FULL).length * strategy.stepDurationMs;
    case 'feature_flag':
      return bakeMs + strategy.steps.length * strategy.stepDurationMs;
    case 'rolling':
      return bakeMs + (Math.ceil(configuration.replicas / strategy.batchSize) - 1) * strategy.pauseMs;
    default:
      return bakeMs;
  }
};

/** How soon a release is gone again that does not get well, or does not stay so. */
export const wayBackTexts = (d: DeploymentPlan): readonly string[] => [
  `instances that are not ready after ${durationText(d.configuration.startupTimeoutMs)} ${unreadyText(d)}`,
  ...crashText(d),
  `way back: ${returnText(d)}`,
];

function unreadyText({ strategy }: DeploymentPlan): string {
  if (strategy.kind === 'in_place') return 'end it, and what served before is started again';
  if (strategy.kind !== 'rolling') return 'end it before any user is moved';
  return strategy.onBadBatch === 'ask'
    ? 'are put back with their batch, and a person is asked whether to try again'
    : 'end it, and all that was replaced comes back';
}

/** An instance that has ended is not started again by anybody: each look counts it as a failed health check. */
function crashText({ watch }: DeploymentPlan): readonly string[] {
  const health = watch.triggers.healthCheckFailures;
  if (health === undefined) return [];
  const { threshold, windowMs } = health;
  const ms = threshold * watch.intervalMs;
  return [
    threshold > looksIn(windowMs, watch.intervalMs)
      ? `one instance alone that crashes or stays unhealthy later may not send it back: ${String(threshold)} failed health checks, one every ${durationText(watch.intervalMs)}, do not fit into ${durationText(windowMs)}`
      : `one instance that crashes or stays unhealthy later sends it back after at most ${durationText(ms)}`,
  ];
}

function returnText({ strategy, rollback }: DeploymentPlan): string {
  if (rollback !== undefined)
    return `what served runs on until this is known good; at a person’s word users return to it by quarters, each watched for ${durationText(rollback.stepMs)}, at once when this turns bad meanwhile`;
  switch (strategy.kind) {
    case 'in_place':
      return 'with downtime, too: this is stopped before what served is started again, within its own startup_timeout';
    case 'feature_flag':
      return `before ${strategy.flag} is turned on, all users return to what served; from then on ${strategy.flag} is turned off, and the release stays, dark; who asks for a rollback has both`;
    case 'rolling':
      return 'all users return at once to the instances that were not replaced yet, and the others are started again; once all are replaced, they are started first, within their own startup_timeout';
    default:
      return 'what served runs on until this is known good, and all users return to it at once';
  }
}
