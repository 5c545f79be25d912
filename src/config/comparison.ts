import { OWN } from '../domain/adapters.js';
import type { ComparisonTrigger, Triggers } from '../domain/watch-plan.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';
import { queriesOf } from './queries.js';

/**
 * The comparison with stable, where a strategy leaves users with both for a while and the source tells users apart. One of a user's own may;
 * where it does not, nothing is compared.
 */
export function comparisonOf(input: DeployInput): Pick<Triggers, 'comparison'> {
  if (!leavesBoth(input) || !tellsApart(input)) return {};
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

const leavesBoth = ({ strategy }: DeployInput): boolean =>
  strategy === 'canary' || strategy === 'rolling' || strategy?.startsWith(OWN) === true;

function tellsApart({ metrics = 'gateway', router = 'gateway', ...input }: DeployInput): boolean {
  if (metrics !== 'prometheus') return true;
  const { queries } = queriesOf(metrics, router, input);
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
    ...(!leavesBoth(input) || tellsApart(input) || !read(['metrics']) || !read(['queries'])
      ? []
      : [
          say(
            keys,
            `prometheus with ${input.router ?? 'gateway'} does not tell users apart, and nothing can be compared`,
            'queries: { at_risk: …, first_errors: … }, or leaving it out',
          ),
        ]),
  ];
}
