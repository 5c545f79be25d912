import { expect, test } from 'vitest';
import { parseDocument } from '../../src/config/document.js';
import { formatProblems, serviceIn, unheardIn, unnamedIn } from '../../src/config/index.js';
import type { EnvironmentPolicy } from '../../src/domain/policy.js';
import { TEMPLATES, templateOf } from '../../src/domain/queries.js';
import { SERVICE, problemsOf, service, valid } from './texts.js';

const IDLE =
  'f:16:3 deploy.canary: no environment has the strategy canary; try strategy: canary, or leaving it out';
const HERE = 'the strategy here is blue_green, which has no steps; try strategy: canary, or leaving it out';

test.each([
  ['blue_green', '', [IDLE]],
  ['blue_green', 'strategy: canary', []],
  ['canary', 'strategy: blue_green', [IDLE]],
  ['blue_green', 'canary: { steps: [5%] }', [IDLE, `f:19:25 environments.production.canary: ${HERE}`]],
  ['blue_green', 'strategy: canary, canary: { step_duration: 1m }', []],
  [
    'blue_green',
    'strategy: canry, canary: {}',
    ['f:19:27 environments.production.strategy: "canry" is not known here; try canary'],
  ],
  ['canry', '', ['f:15:13 deploy.strategy: "canry" is not known here; try canary']],
])('a canary where there is none is a problem: %s, with { %s } in production', (strategy, own, said) => {
  const text = service('strategy: canary\n', `strategy: ${strategy}\n  canary: { steps: [5%, 100%] }\n`);
  expect(problemsOf(text.replace('production: {}', `production: { ${own} }`))).toBe(said.join('\n'));
});

test('which environments a policy does not name is noted', () => {
  const read = parseDocument('f', SERVICE);
  const service = serviceIn('f', read);
  const noted = (...allowed: string[]): string[] => {
    if (!service.ok) throw new Error(formatProblems(service.problems));
    const rules = Object.fromEntries(allowed.map((name) => [name, EMPTY_RULES]));
    return unnamedIn('f', read, service.value, { environments: rules }).map((note) => formatProblems([note]));
  };
  expect(noted('production', 'qa', 'staging')).toEqual([]);
  const unnamed =
    'shipway.policy.yaml does not name it, so nothing may be deployed there where that rules; try';
  const added = (name: string): string => `adding ${name}: { identity: asserted } to the environments there`;
  expect(noted('prodution')).toEqual([
    `f:17:3 environments.staging: ${unnamed} ${added('staging')}`,
    `f:18:3 environments.production: ${unnamed} prodution, or ${added('production')}`,
  ]);
});

test('where a policy does not say that what serves an environment is, is noted', () => {
  const text = service(
    'strategy: canary\n',
    'strategy: canary\n  router: haproxy\n  metrics: prometheus\n  queries: { latency: b }\n',
  ).replace('  router: gateway\n', '');
  const read = parseDocument('f', text);
  const found = serviceIn('f', read);
  if (!found.ok) throw new Error(formatProblems(found.problems));
  const noted = (more: Partial<EnvironmentPolicy>): string[] => {
    const environments = { staging: EMPTY_RULES, production: { ...EMPTY_RULES, ...more } };
    return unnamedIn('f', read, found.value, { environments })
      .filter(({ path }) => path.includes('production'))
      .map(({ message, suggestion }) => `${message}; ${suggestion ?? ''}`);
  };
  const [haproxy, prometheus] = noted({});
  expect(haproxy).toMatch(/^it has haproxy, and .*; adding haproxy: \{ folder: .* to the environment there$/);
  expect(prometheus).toMatch(/^it has prometheus, and .*; adding prometheus: \{ url: /);
  const placed = { folder: '/f', socket: '/s' };
  expect(noted({ haproxy: placed, prometheus: { url: 'http://p', staleAfterMs: 1 } })).toEqual([]);
});

test('with nginx Prometheus is asked what that counts', () => {
  const text = service(
    'strategy: canary\n',
    'strategy: canary\n  router: nginx\n  metrics: prometheus\n',
  ).replace('  router: gateway\n', '');
  const found = serviceIn('f', parseDocument('f', text));
  if (!found.ok) throw new Error(formatProblems(found.problems));
  expect(found.value.environments['production']?.watch.queries).toEqual(TEMPLATES.nginx);
});

test('two routers are one in a plan, however they are written down, and need both places', () => {
  const text = service(
    'strategy: canary\n',
    'strategy: canary\n  router: [nginx, gateway]\n  listen: [8081, 8080]\n  metrics: prometheus\n',
  )
    .replace('  router: gateway\n', '')
    .replace(
      'production: {}',
      'production: { router: [haproxy, nginx], listen: [1, 2], queries: { latency: b } }',
    );
  const read = parseDocument('f', text);
  const found = serviceIn('f', read);
  if (!found.ok) throw new Error(formatProblems(found.problems));
  const { staging, production } = found.value.environments;
  expect(staging).toMatchObject({ router: 'gateway+nginx', listen: 8080, secondListen: 8081 });
  expect(staging?.watch.queries).toEqual(templateOf('gateway+nginx'));
  expect(production).toMatchObject({ router: 'haproxy+nginx', listen: 1, secondListen: 2 });
  expect(production?.watch.queries).toEqual({ ...templateOf('haproxy+nginx'), latency: 'b' });
  const environments = { staging: EMPTY_RULES, production: EMPTY_RULES };
  const lacking = unnamedIn('f', read, found.value, { environments }).map(
    ({ path, message }) => `${path} ${/^it has (\w+)/.exec(message)?.[1] ?? message}`,
  );
  expect(lacking.toSorted()).toEqual(
    [
      ...['production haproxy', 'production nginx', 'production prometheus'],
      ...['staging nginx', 'staging prometheus'],
    ].map((line) => `environments.${line}`),
  );
  const gone = { staging: EMPTY_RULES, production: { ...EMPTY_RULES, goneRouters: ['haproxy', 'gateway'] } };
  const noted = unnamedIn('f', read, found.value, { environments: gone }).filter(
    ({ path }) => path === 'environments.production',
  );
  expect(noted.map(({ message, suggestion }) => [message.slice(0, 75), suggestion])).toEqual([
    ['it has nginx, and shipway.policy.yaml does not say where that is, so nothin', expect.any(String)],
    ['it has prometheus, and shipway.policy.yaml does not say where that is, so n', expect.any(String)],
    [
      'it has haproxy, and shipway.policy.yaml says that it is gone, so where that',
      'router: nginx with listen: 2',
    ],
  ]);
});

test('channels that a service names and a policy does not define are noted, once, where they are named', () => {
  const text = service(
    'strategy: canary\n',
    'strategy: canary\n  notification_channels: [slack, pagerduty, slack]\n',
  ).replace('production: {}', 'production: { notification_channels: [slak] }');
  const read = parseDocument('f', text);
  const found = serviceIn('f', read);
  if (!found.ok) throw new Error(formatProblems(found.problems));
  expect(found.value.environments['staging']?.notificationChannels).toEqual(['slack', 'pagerduty']);
  const environments = { staging: EMPTY_RULES, production: EMPTY_RULES };
  const hook = { kind: 'webhook', url: '/h' } as const;
  const noted = (...names: string[]): string[] => {
    const channels = Object.fromEntries(names.map((name) => [name, hook]));
    const rules = { environments, notifications: { channels, pageEveryMs: 1 } };
    return unnamedIn('f', read, found.value, rules).map((note) => formatProblems([note]));
  };
  const where = 'so nothing may be deployed where that rules; try';
  expect(noted('slack', 'pagerduty')).toEqual([
    `f:19:40 environments.production.notification_channels: shipway.policy.yaml has no channel slak, ${where} slack, or adding slak to notifications.channels there`,
  ]);
  expect(noted()).toHaveLength(3);
  const policy = { environments, notifications: { channels: { slack: hook, idle: hook }, pageEveryMs: 1 } };
  const rules = parseDocument('p', 'notifications: { channels: { slack: {}, idle: {} } }');
  expect(unheardIn('p', rules, policy, ['slack']).map(({ path }) => path)).toEqual([
    'notifications.channels.idle',
  ]);
});
const EMPTY_RULES: EnvironmentPolicy = {
  identity: 'asserted',
  approvals: { requiredApprovals: 0, expiresAfterMs: 1, selfApproval: false, onBaseChanged: 'ask_again' },
};

test('variables: an environment’s own stand over the common ones, each as a whole; secrets are told apart', () => {
  const common = '{ A: a, B: { secret: shared/b, version: 3 }, C: { secret: "{environment}/c" } }';
  const own = '{ A: { secret: production/a }, B: { secret: shared/other } }';
  const { staging, production } = valid(
    service(
      'strategy: canary\n',
      `strategy: canary\n  environment: ${common}\n  required_variables: [A, B, C]\n`,
    ).replace('production: {}', `production: { environment: ${own} }`),
  ).environments;
  expect(staging?.configuration).toMatchObject({
    environment: { A: 'a' },
    secrets: { B: { secret: 'shared/b', version: 3 }, C: { secret: 'staging/c' } },
  });
  expect(production?.configuration.environment).toEqual({});
  expect(production?.configuration.secrets).toEqual({
    ...{ A: { secret: 'production/a' }, B: { secret: 'shared/other' }, C: { secret: 'production/c' } },
  });
});
