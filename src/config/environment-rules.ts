import { routersIn, routersLeft } from '../domain/adapters.js';
import { NAME } from '../domain/ids.js';
import type { DeploymentPlan } from '../domain/plan.js';
import type { Policy } from '../domain/policy.js';
import { alternative, nearest } from './alternative.js';
import { problemAt, wasRead, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { OF_ONE } from './strategy-rules.js';

/** The environments of a file, each with its plan where it has one. */
export interface Environments {
  readonly names: readonly string[];
  readonly plans: Readonly<Record<string, DeploymentPlan>>;
}

/** What `deploy` says of a strategy is for the environments that have it. */
export function idleStrategies({ names, plans }: Environments, source: Source): Problem[] {
  const known = names.every((name) => wasRead(source, ['environments', name, 'strategy']));
  if (names.length === 0 || !known || !wasRead(source, ['deploy', 'strategy'])) return [];
  return OF_ONE.flatMap(({ key, kind, name: said }) => {
    const used = names.some((name) => plans[name] === undefined || plans[name].strategy.kind === kind);
    return used || !source.document.places.has(['deploy', key])
      ? []
      : [
          problemAt(
            source,
            ['deploy', key],
            `no environment has ${kind === 'own' ? 'a strategy of your own' : `the strategy ${kind}`}`,
            `strategy: ${said}, or leaving it out`,
            'key',
          ),
        ];
  });
}

/** Environments whose plan names a router beside another of which the policy says that it is gone. */
export const gone = (
  plans: Readonly<Record<string, DeploymentPlan>>,
  policy: Policy,
  source: Source,
): Problem[] =>
  Object.entries(plans).flatMap(([name, { router, listen, secondListen }]) => {
    const left = routersLeft(router, policy.environments[name]?.goneRouters ?? []);
    const named = routersIn(router);
    // At the port of the one that is gone it would listen anew, and its users would lose theirs.
    const port = [listen, secondListen][named.indexOf(left.join())] ?? 0;
    return named
      .filter((one) => !left.includes(one))
      .map((one) =>
        problemAt(
          source,
          ['environments', name],
          `it has ${one}, and shipway.policy.yaml says that it is gone, so where that rules ${left.join()} serves alone, and what ${one} has stays as it is`,
          `router: ${left.join()}${port === 0 ? '' : ` with listen: ${String(port)}`}`,
          'key',
        ),
      );
  });

/** Environments that are served by what the policy does not place. The policy that rules is the workers', and may. */
export function unplaced(
  plans: Readonly<Record<string, DeploymentPlan>>,
  policy: Policy,
  source: Source,
): Problem[] {
  return Object.entries(plans).flatMap(([name, { router, metrics }]) => {
    const rules = policy.environments[name];
    const left = routersLeft(router, rules?.goneRouters ?? []);
    const lacks = [
      ...PLACED_ROUTERS.filter((name) => left.includes(name)),
      ...(metrics === 'prometheus' ? (['prometheus'] as const) : []),
    ].filter((key) => rules !== undefined && rules[key] === undefined);
    return lacks.map((key) =>
      problemAt(
        source,
        ['environments', name],
        `it has ${key}, and shipway.policy.yaml does not say where that is, so nothing may be deployed there where that rules`,
        `adding ${PLACES[key]} to the environment there`,
        'key',
      ),
    );
  });
}
const PLACED_ROUTERS = ['haproxy', 'nginx'] as const;
const PLACES = {
  haproxy: 'haproxy: { folder: /etc/haproxy/shipway, socket: /run/haproxy-master.sock }',
  nginx: 'nginx: { folder: /etc/nginx/shipway, port: 9146 }',
  prometheus: 'prometheus: { url: http://prometheus:9090 }',
} as const;

/** Channels that are to be told and that a policy does not define. The policy that rules is the workers', and may. */
export function unheard(
  plans: Readonly<Record<string, DeploymentPlan>>,
  policy: Policy,
  source: Source,
): Problem[] {
  const known = Object.keys(policy.notifications?.channels ?? {});
  const named = Object.entries(plans).flatMap(([name, { notificationChannels = [] }]) => {
    const homes = [['environments', name], ['deploy']].map((home) => [...home, 'notification_channels']);
    const home = homes.find((path) => source.document.places.has(path)) ?? [];
    return notificationChannels.filter((c) => !known.includes(c)).map((channel) => ({ channel, home }));
  });
  // What `deploy` says is said of each environment.
  const once = new Map(named.map((each) => [JSON.stringify(each), each]));
  return [...once.values()].map(({ channel, home }) =>
    problemAt(
      source,
      home,
      `shipway.policy.yaml has no channel ${channel}, so nothing may be deployed where that rules`,
      known.length === 0
        ? `adding ${channel} to notifications.channels there`
        : `${alternative(channel, known)}, or adding ${channel} to notifications.channels there`,
    ),
  );
}

/** Environments that a policy does not name. No mistake of the file: the policy that rules is the workers', and may name more. */
export function unnamed(names: readonly string[], allowed: readonly string[], source: Source): Problem[] {
  return names
    .filter((name) => NAME.test(name) && !allowed.includes(name))
    .map((name) => {
      const near = nearest(name, allowed);
      const adding = `adding ${name}: { identity: asserted } to the environments there`;
      return problemAt(
        source,
        ['environments', name],
        'shipway.policy.yaml does not name it, so nothing may be deployed there where that rules',
        near === undefined ? adding : `${near}, or ${adding}`,
        'key',
      );
    });
}
