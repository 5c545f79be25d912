import {
  ShipwayError,
  connect,
  defineService,
  runWorker,
  type Extensions,
  type MetricSource,
  type Router,
  type ServiceDefinition,
  type ShipwayClient,
  type StageKind,
  type StrategyFunction,
} from 'shipway';
import { providerChecks, routerChecks, type Check, type ProviderHarness } from 'shipway/testing';

/** What a user of the package writes, checked against the types that the package brings. */
const source: MetricSource = {
  sample: (target, signal) => {
    signal.throwIfAborted();
    return Promise.reject(new ShipwayError('metrics.unavailable', `${target.service} is silent`));
  },
};
// @ts-expect-error: nothing is thrown that is no row of the failure table.
export const other = new ShipwayError('metrics.silent', '');

const licences: StageKind = async ({ with: { allow }, log }, signal) => {
  signal.throwIfAborted();
  log(`allowed: ${JSON.stringify(allow)}`);
  return Promise.resolve({ passed: true, reason: 'all are allowed', details: { checked: 0 } });
};
// @ts-expect-error: an answer has a reason.
export const silentKind: StageKind = () => Promise.resolve({ passed: true });
const halves: StrategyFunction = ({ stable }) => [
  { kind: 'ask', question: `instead of ${stable.version}?` },
  { kind: 'shift', share: 5_000 },
  { kind: 'watch', ms: 60_000 },
  { kind: 'shift', share: 10_000 },
];
// @ts-expect-error: promotion is shipway's own.
export const promoting: StrategyFunction = () => [{ kind: 'promote' }];

const extensions: Extensions = {
  metrics: { silent: source },
  stages: { licences },
  strategies: { halves },
};
export const start = (): Promise<void> => runWorker(extensions);

type Deploy = NonNullable<ServiceDefinition['deploy']>;
const base: Deploy = {
  provider: 'process',
  command: ['node', 'x.js'],
  router: 'gateway',
};
export const service = defineService({
  service: 'shop',
  adapters: { metrics: ['silent'], stages: ['licences'], strategies: ['halves'] },
  stages: [
    { name: 'build', script: ['make'], artifacts: ['dist/'] },
    { name: 'licences', uses: 'own:licences', with: { allow: ['MIT'] } },
    'approve',
    'deploy',
  ],
  deploy: { ...base, strategy: 'canary', metrics: 'own:silent' },
  environments: { production: {}, staging: { strategy: 'blue_green' }, eu: { strategy: 'own:halves' } },
});
// @ts-expect-error: there is no such strategy.
export const typo: Deploy = { strategy: 'canry' };
// @ts-expect-error: there is no such key.
export const key: Deploy = { strateg: 'canary' };

export const ask = async (settings: Parameters<typeof connect>[0]): Promise<string | undefined> => {
  const client: ShipwayClient = await connect(settings);
  return (await client.status('shop', 'v1-abcdef')).run.outcome;
};

const mine: readonly Check<ProviderHarness>[] = providerChecks;
export const held = async (router: Router): Promise<string> => {
  for (const { run } of routerChecks) await run({ router });
  return mine.map(({ name }) => name).join();
};
