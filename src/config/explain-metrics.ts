import { durationText } from '../domain/duration.js';
import { hasLimits, limitText } from '../domain/metric-judgement.js';
import type { DeploymentPlan } from '../domain/plan.js';
import { leavesBoth } from '../domain/strategy.js';
import type { MetricTrigger, Triggers } from '../domain/watch-plan.js';

/** What takes a release back of business metrics, and what is asked for it. */
export const metricsText = (metrics: Triggers['metrics'] = {}): readonly string[] =>
  Object.entries(metrics).map(
    ([name, metric]) =>
      `${name} not ${limitText(metric)}${when(metric)} at every look of ${durationText(metric.windowMs)} (${metric.query})`,
  );

const when = ({ beside }: MetricTrigger): string =>
  beside === undefined ? '' : ' while users are with both';

/** Where users are never with both there is no stable at the same time. */
export const unjudgedText = ({ strategy, watch }: DeploymentPlan): readonly string[] =>
  leavesBoth(strategy.kind)
    ? []
    : Object.entries(watch.triggers.metrics ?? {})
        .filter(([, { beside }]) => beside !== undefined)
        .map(
          ([name, metric]) =>
            `  ${name} is not judged beside stable, as users are never with both${hasLimits(metric) ? '; its own limits decide' : ', and says nothing here'}`,
        );
