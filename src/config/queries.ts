import type { DeploymentPlan } from '../domain/plan.js';
import type { Queries } from '../domain/watch-plan.js';
import { routersIn } from '../domain/adapters.js';
import { templateOf } from '../domain/queries.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';
import { routerOf } from './routers.js';

/** What is asked: as the file says, and as the router's template says what it leaves open. */
function askedOf(router: string, given: DeployInput['queries'] = {}): Partial<Queries> {
  const { requests, errors, aborted, latency, atRisk, firstErrors } = templateOf(router);
  const { at_risk: risk = atRisk, first_errors: firsts = firstErrors, ...others } = given;
  const counted =
    given.requests === undefined && given.errors === undefined ? { requests, errors, aborted } : {};
  const all = { ...counted, latency, ...others, atRisk: risk, firstErrors: firsts };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== undefined));
}

const REQUIRED = ['requests', 'errors', 'latency'] as const;
const isWhole = (asked: Partial<Queries>): asked is Queries =>
  REQUIRED.every((key) => asked[key] !== undefined);

/** Nothing for any other source, and nothing while something is missing, which is a problem of its own. */
export function queriesOf(metrics: string, input: DeployInput): { readonly queries?: Queries } {
  const asked = askedOf(routerOf(input), input.queries);
  return metrics === 'prometheus' && isWhole(asked) ? { queries: asked } : {};
}

export function queryProblems(plan: DeploymentPlan, input: DeployInput, ask: Ask): Problem[] {
  if (!ask.read(['metrics']) || !ask.read(['queries'])) return [];
  if (plan.metrics !== 'prometheus')
    return ask.own('queries')
      ? [
          ask.say(
            ['queries'],
            `the metric source here is ${plan.metrics}, which is asked none`,
            'metrics: prometheus, or leaving it out',
          ),
        ]
      : [];
  const asked = askedOf(plan.router, input.queries);
  return REQUIRED.filter((key) => asked[key] === undefined).map((key) =>
    ask.say(
      input.queries === undefined ? ['metrics'] : ['queries'],
      `prometheus needs queries.${key}${key === 'latency' && routersIn(plan.router).includes('haproxy') ? ', as HAProxy has no histogram of response times' : ''}`,
      `queries: { ${key}: ${EXAMPLES[key]} }`,
    ),
  );
}
const EXAMPLES = {
  requests: 'http_requests_total',
  errors: 'http_requests_total{code=~"5.."}',
  latency: 'http_request_duration_seconds_bucket',
} as const;
