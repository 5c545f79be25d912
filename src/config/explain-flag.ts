import { percent } from '../domain/details.js';
import { visibleFrom } from '../domain/flags.js';
import type { DeploymentPlan } from '../domain/plan.js';

/** From which share on a bad flag is to be seen: who has it is judged together with who has not. */
export function dilutedText({ strategy, watch }: DeploymentPlan): readonly string[] {
  const { errorRate } = watch.triggers;
  if (strategy.kind !== 'feature_flag' || errorRate === undefined) return [];
  const { flag, steps } = strategy;
  const said = `  where ${flag} fails everybody who has it, error_rate (${percent(errorRate.threshold)} of all requests of the release)`;
  const from = visibleFrom(steps, errorRate.threshold);
  if (from === undefined)
    return [`${said} never sees it; a lower limit, or a metric of the flag’s own, does`];
  const before = steps.filter((share) => share < from).map(percent);
  const hidden =
    before.length === 0
      ? ''
      : `, and not at ${before.join(', ')}; a lower limit, or a metric of the flag’s own, sees it sooner`;
  return [`${said} sees it at ${percent(from)} of the users at the soonest${hidden}`];
}
