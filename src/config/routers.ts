import { TOGETHER } from '../domain/adapters.js';
import type { DeploymentPlan } from '../domain/plan.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';

type Routed = Pick<DeployInput, 'router' | 'listen'>;

/** The router of a plan, or two in the order of their names: how they are written down means nothing. */
export const routerOf = ({ router = 'gateway' }: Routed): string =>
  typeof router === 'string' ? router : router.toSorted().join(TOGETHER);

/** Where it listens, and where the second of two does. */
export function portsOf({ router, listen }: Routed): Pick<DeploymentPlan, 'listen' | 'secondListen'> {
  if (listen === undefined) return {};
  if (typeof listen === 'number') return { listen };
  const turned = typeof router === 'object' && router.toSorted()[0] !== router[0];
  const [first = 0, second = 0] = turned ? listen.toReversed() : listen;
  return { listen: first, secondListen: second };
}

const LAST_PORT = 65_535;
/** Each router listens by itself. */
export function portProblems({ router, listen }: Routed, { read, say }: Ask): Problem[] {
  if (listen === undefined || listen === 0 || router === undefined || !read(['listen']) || !read(['router']))
    return [];
  const [first = 0, second] = typeof listen === 'number' ? [listen] : listen;
  if (typeof router === 'string')
    return second === undefined
      ? []
      : [
          say(
            ['listen'],
            'these are two ports, and one router listens',
            `${String(first)} or ${String(second)}: the one that ${router} has`,
          ),
        ];
  if (second !== undefined && (first !== second || first === 0)) return [];
  return [
    say(
      ['listen'],
      'two routers cannot listen on one port',
      `[${String(first)}, ${String(first === LAST_PORT ? first - 1 : first + 1)}], or leaving it out: each has a free one that is kept`,
    ),
  ];
}
