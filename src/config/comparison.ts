import { OWN, routersText } from '../domain/adapters.js';
import type { StrategyKind } from '../domain/plan.js';
import { leavesBoth } from '../domain/strategy.js';
import type { ComparisonTrigger, Triggers } from '../domain/watch-plan.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';
import { queriesOf } from './queries.js';
import { routerOf } from './routers.js';

/**
 * The comparison with stable, where a strategy leaves users with both for a while and the source tells users apart. One of a user's own may;
 * where it does not, nothing is compared.
 */
export function comparisonOf(input: DeployInput): Pick<Triggers, 'comparison'> {
  if (!isForBoth(input) || !tellsApart(input)) return {};
  const usual = COMPARISON_DEFAULTS;
  const {
    alpha = usual.alpha,
    tolerance = usual.tolerance,
    min_requests: minRequests = usual.minRequests,
  } = input.triggers?.comparison ?? {};
  return { comparison: { alpha, tolerance, minRequests } };
}
/** What is not said. */
export const COMPARISON_DEFAULTS: ComparisonTrigger = { alpha: 100, tolerance: 10, minRequests: 20 };

const isForBoth = ({ strategy }: DeployInput): boolean =>
  strategy !== undefined && leavesBoth(strategy.startsWith(OWN) ? 'own' : (strategy as StrategyKind));

function tellsApart(input: DeployInput): boolean {
  if (input.metrics !== 'prometheus') return true;
  const { queries } = queriesOf(input.metrics, input);
  return queries?.atRisk !== undefined && queries.firstErrors !== undefined;
}

const MOST_ALPHA = 1_000;
/** Basis points. */
export const MOST_TOLERANCE = 5_000;

/** What can be neither wanted nor made. */
export function comparisonProblems(input: DeployInput, { read, say }: Ask): Problem[] {
  const { comparison } = input.triggers ?? {};
  const keys = ['triggers', 'comparison'];
  if (comparison === undefined || !read(keys)) return [];
  const { alpha = 0, tolerance = 0 } = comparison;
  return [
    ...(alpha <= MOST_ALPHA
      ? []
      : [say([...keys, 'alpha'], 'more good releases than that would be taken back', 'at most 10%')]),
    ...(tolerance <= MOST_TOLERANCE
      ? []
      : [say([...keys, 'tolerance'], 'hardly any release is so much worse', 'at most 50%')]),
    ...(!isForBoth(input) || tellsApart(input) || !read(['metrics']) || !read(['queries'])
      ? []
      : [
          say(
            keys,
            `prometheus with ${routersText(routerOf(input))} does not tell users apart, and nothing can be compared`,
            'queries: { at_risk: …, first_errors: … }, or leaving it out',
          ),
        ]),
  ];
}
