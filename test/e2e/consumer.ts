import {
  ShipwayError,
  connect,
  defineService,
  runWorker,
  type Extensions,
  type MetricSource,
  type ServiceDefinition,
  type ShipwayClient,
} from 'shipway';

/** What a user of the package writes, checked against the types that the package brings. */
const source: MetricSource = {
  sample: (target, signal) => {
    signal.throwIfAborted();
    return Promise.reject(new ShipwayError('metrics.unavailable', `${target.service} is silent`));
  },
};
// @ts-expect-error: nothing is thrown that is no row of the failure table.
export const other = new ShipwayError('metrics.silent', '');

const extensions: Extensions = { metrics: { silent: source } };
export const start = (): Promise<void> => runWorker(extensions);

type Deploy = NonNullable<ServiceDefinition['deploy']>;
const base: Deploy = {
  provider: 'process',
  command: ['node', 'x.js'],
  router: 'gateway',
};
export const service = defineService({
  service: 'shop',
  adapters: { metrics: ['silent'] },
  stages: [{ name: 'build', script: ['make'], artifacts: ['dist/'] }, 'approve', 'deploy'],
  deploy: { ...base, strategy: 'canary', metrics: 'own:silent' },
  environments: { production: {}, staging: { strategy: 'blue_green' } },
});
// @ts-expect-error: there is no such strategy.
export const typo: Deploy = { strategy: 'canry' };
// @ts-expect-error: there is no such key.
export const key: Deploy = { strateg: 'canary' };

export const ask = async (settings: Parameters<typeof connect>[0]): Promise<string | undefined> => {
  const client: ShipwayClient = await connect(settings);
  return (await client.status('shop', 'v1-abcdef')).run.outcome;
};
