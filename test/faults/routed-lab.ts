import { startTraffic, type Traffic } from '../../src/cli/demo/traffic.js';
import { haproxyScrapes } from '../../src/dev/haproxy.js';
import { deploymentId } from '../../src/domain/ids.js';
import { TEMPLATES, templateOf } from '../../src/domain/queries.js';
import type { WatchPlan } from '../../src/domain/watch-plan.js';
import type { DeploymentView } from '../../src/domain/view.js';
import { nginx as nginxProgram, without } from '../e2e/system.js';
import { haproxyProcess, type HaproxyProcess } from '../support/haproxy-process.js';
import { nginxProcess, type NginxProcess } from '../support/nginx-process.js';
import { prometheusProcess, type PrometheusProcess } from '../support/prometheus-process.js';
import { faultLab, type FaultLab } from './lab.js';
import { haproxySays, nginxSays, type Look, type Reached } from './routed.js';
import { ERRORS, type Service } from './service.js';

/** A lab without a gateway: real routers serve, and a real Prometheus counts what they do. */
export interface RoutedLab {
  readonly lab: FaultLab;
  readonly haproxy: HaproxyProcess;
  /** Absent: this machine has none. */
  readonly nginx: NginxProcess | undefined;
  readonly source: PrometheusProcess;
  /** The service's routers, in the order in which `router` of its plan names them, each with where users reach it. */
  readonly reached: (shop: Service, router?: string) => Promise<readonly Reached[]>;
  /** Users of the first of them, until they are stopped. */
  readonly usersOf: (shop: Service) => Promise<Traffic>;
  readonly end: () => Promise<void>;
}

export async function routedLab(staleAfter: string): Promise<RoutedLab> {
  const [haproxy, nginx] = await Promise.all([
    haproxyProcess(),
    without(nginxProgram) ? undefined : nginxProcess(),
  ]);
  const source = await prometheusProcess(haproxyScrapes(haproxy) + (nginx ? scrapesOf(nginx) : ''));
  const lab = await faultLab({
    staging: `${placeOf(haproxy)}${nginx ? placeOfNginx(nginx) : ''}, prometheus: { url: '${source.url}', stale_after: ${staleAfter} }`,
  });
  await lab.killGateway();
  const says: Readonly<Record<string, Look>> = {
    haproxy: haproxySays(haproxy),
    ...(nginx && { nginx: nginxSays(nginx) }),
  };
  const reached: RoutedLab['reached'] = async (shop, router = 'haproxy') => {
    const addresses = await addressesOf(lab, shop);
    return router.split('+').flatMap((name, i) => {
      const [look, address] = [says[name], addresses[i]];
      if (look === undefined || address === undefined) throw new Error(`nobody reaches ${name}`);
      return [{ says: look, address }];
    });
  };
  return {
    ...{ lab, haproxy, nginx, source, reached },
    usersOf: async (shop) => {
      const [address = ''] = await addressesOf(lab, shop);
      return startTraffic({ address, paths: ['/'], rate: 60, versionHeader: 'x-version' });
    },
    end: async () => {
      await lab.end();
      await Promise.all([haproxy.end(), nginx?.end(), source.end()]);
    },
  };
}

/** For the policy. */
export const placeOf = ({ folder, socket }: HaproxyProcess): string =>
  `, haproxy: { folder: ${folder}, socket: ${socket} }`;
export const placeOfNginx = ({ folder, port, command }: NginxProcess): string =>
  `, nginx: { folder: ${folder}, port: ${String(port)}, command: ${JSON.stringify(command)} }`;
const scrapesOf = ({ port }: NginxProcess): string =>
  `  - { job_name: nginx, static_configs: [{ targets: ['127.0.0.1:${String(port)}'] }] }\n`;

/** Where its first deployment has told its users to go, and they stay. */
export async function addressesOf(lab: FaultLab, { name }: Service): Promise<readonly string[]> {
  const ref = { service: name, environment: 'staging' };
  const { address, others = [] } = (await lab.client.view<DeploymentView>(deploymentId(ref, 1)))?.view ?? {};
  return [...(address === undefined ? [] : [address]), ...others];
}

const latency = 'http_request_seconds_bucket{service="$service",environment="$environment"}';
/** Errors as the router has counted them; response times as it has, or where it has none as the service: no gateway is asked for anything. */
export const watchOf = (router: string): WatchPlan => ({
  ...ERRORS,
  queries: { ...TEMPLATES.haproxy, latency, ...templateOf(router) },
  triggers: {
    ...ERRORS.triggers,
    responseTime: { p95ThresholdMs: 1_000, windowMs: 20_000, minRequests: 20 },
  },
});
/** How a release is served that is judged. */
export const servedAs = (router: string) =>
  ({ router, metrics: 'prometheus', watch: watchOf(router) }) as const;
/** How the first one is, which has no users yet. */
export const servedFirst = (router: string) =>
  ({
    ...servedAs(router),
    watch: { ...watchOf(router), onInconclusive: 'continue', onUnavailable: 'continue' },
  }) as const;
