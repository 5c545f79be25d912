import { describe, expect, test } from 'vitest';
import type { CommandStage } from '../../src/domain/plan.js';
import { SERVICE, problemsOf, service, valid } from './texts.js';

describe('a service', () => {
  test('has every default of the deployment guide filled in', () => {
    const { production, staging } = valid(SERVICE).environments;
    expect(production).toEqual({
      provider: 'process',
      router: 'gateway',
      metrics: 'gateway',
      configuration: {
        command: ['node', 'server.js'],
        replicas: 1,
        environment: {},
        healthChecks: {
          readiness: { path: '/ready', periodMs: 1000, timeoutMs: 2000, initialDelayMs: 0 },
          liveness: { path: '/health', periodMs: 1000, timeoutMs: 2000, initialDelayMs: 0 },
        },
        startupTimeoutMs: 60_000,
      },
      userKey: [],
      smokeTest: { path: '/health', expectStatus: 200, timeoutMs: 5000 },
      strategy: { kind: 'canary', steps: [500, 2500, 5000, 10_000], stepDurationMs: 300_000 },
      bakeMs: 1_800_000,
      queue: { policy: 'queue', duringBake: 'supersede', minBakeMs: 600_000 },
      watch: {
        intervalMs: 10_000,
        triggers: {
          errorRate: { threshold: 500, windowMs: 300_000, minRequests: 20 },
          comparison: { alpha: 100, tolerance: 10, minRequests: 20 },
          responseTime: { p95ThresholdMs: 2000, windowMs: 300_000, minRequests: 20 },
          healthCheckFailures: { threshold: 3, windowMs: 120_000 },
        },
        onInconclusive: 'hold',
        onUnavailable: 'hold',
        stepTimeoutMs: 1_800_000,
      },
      drainTimeoutMs: 30_000,
    });
    expect(staging?.strategy).toEqual({ kind: 'blue_green' });
    expect(staging?.watch.triggers).not.toHaveProperty('comparison');
  });

  test.each([
    ['low_traffic', service('  production: {}', '  production: { low_traffic: true }'), 'production'],
    ['development', service('  production: {}', '  development: {}'), 'development'],
  ])('goes on in doubt with %s', (_, text, environment) => {
    const { watch } = valid(text).environments[environment]!;
    expect(watch).toMatchObject({ onInconclusive: 'continue', onUnavailable: 'continue' });
  });

  test('merges an environment’s mappings and replaces its lists', () => {
    const text = service(
      '  strategy: canary\n',
      '  strategy: canary\n  environment: { A: "1", B: "1" }\n  canary: { steps: [5%, 100%], step_duration: 1m }\n',
    ).replace(
      'production: {}',
      'production: { environment: { B: "2" }, canary: { steps: [50%, 100%] }, command: [bun, x.js] }',
    );
    expect(valid(text).environments['production']).toMatchObject({
      configuration: { command: ['bun', 'x.js'], environment: { A: '1', B: '2' } },
      strategy: { steps: [5000, 10_000], stepDurationMs: 60_000 },
    });
  });

  test('needs no deploy where environments say everything', () => {
    const [head = '', rest = ''] = SERVICE.split('deploy:\n  provider');
    const keys = '{ provider: process, command: [x], router: gateway, strategy: blue_green }';
    expect(rest).not.toBe('');
    expect(problemsOf(`${head}environments:\n  production: ${keys}\n`)).toBe('');
  });

  test('says every problem at once, in the order of the file', () => {
    const text = service('service: shop', 'service: Shop')
      .replace('only: [main]', 'onyl: [main]')
      .replace('strategy: canary', 'strategy: canary\n  bake: 5')
      .replace('production: {}', 'production: { replicas: none }');
    expect(problemsOf(text).split('\n')).toEqual([
      'f:1:10 service: "Shop" is no name; try shop',
      'f:8:5 stages[1].onyl: there is no key "onyl"; try only',
      'f:16:9 deploy.bake: 5 has no unit; try 5m or 5h',
      'f:19:27 environments.production.replicas: "none" is a text, not a whole number; try a whole number, such as 2',
    ]);
  });

  test('says once what several environments have in common', () => {
    expect(problemsOf(service('strategy: canary', 'strategy: canary\n  bake: 1s')).split('\n')).toHaveLength(
      1,
    );
  });
});

describe('stages', () => {
  const stages = (yaml: string): string => SERVICE.replace(/stages:[^]*?(?=deploy:\n)/, `stages:\n${yaml}\n`);
  const build = '  - { name: build, script: [make], artifacts: [out/] }\n';
  test('have their defaults, and need the one before', () => {
    const [first, second, third] = valid(SERVICE).stages;
    expect(first).toEqual({
      kind: 'command',
      name: 'test',
      needs: [],
      script: ['npm test'],
      artifacts: [],
      environment: {},
      cache: [],
      timeoutMs: 1_800_000,
      attempts: 1,
      outputLimitBytes: 64 * 1024 ** 2,
      onLost: 'rerun',
      allowFailure: false,
    } satisfies CommandStage);
    expect(second).toMatchObject({ needs: ['test'], only: ['main'] });
    expect(third).toEqual({ kind: 'approve', name: 'approve', needs: ['build'] });
  });

  test('may be words or mappings, with conditions of their own', () => {
    const text = stages(
      `${build}  - { name: approve, only: [main, release/1] }\n  - { name: deploy, needs: [build] }`,
    );
    expect(valid(text).stages.slice(1)).toEqual([
      { kind: 'approve', name: 'approve', needs: ['build'], only: ['main', 'release/1'] },
      { kind: 'deploy', name: 'deploy', needs: ['build'] },
    ]);
  });

  test.each([
    [
      'needs a stage that comes later',
      `  - { name: a, script: [x], needs: [build] }\n${build}`,
      '3:37 stages[0].needs[0]: build comes later',
    ],
    ['needs itself', '  - { name: a, script: [x], needs: [a] }', 'a needs itself'],
    [
      'needs what is not there',
      `${build}  - { name: a, script: [x], needs: [biuld] }`,
      'there is no stage "biuld"; try build',
    ],
    ['has a name twice', `${build}${build}`, '4:13 stages[1].name: there is another stage build'],
    [
      'deploys twice',
      `${build}  - deploy\n  - deploy`,
      '5:5 stages[2]: there is another stage deploy; try leaving one out',
    ],
    [
      'approves after the deployment',
      `${build}  - deploy\n  - approve`,
      'the approval comes after the deployment',
    ],
    [
      'scans after the approval',
      `${build}  - approve\n  - { name: scan, security_scan: { secret_detection: true } }\n  - deploy`,
      'what it finds comes after the approval',
    ],
    [
      'builds after the approval',
      `${build}  - approve\n  - { name: more, script: [x], artifacts: [y/] }\n  - deploy`,
      'what it makes comes after the approval',
    ],
    ['deploys nothing', '  - { name: a, script: [x] }\n  - deploy', 'there is nothing to deploy'],
    ['does nothing', '  - { name: a }', 'the stage has none of script, security_scan'],
    ['has no time', '  - { name: a, script: [x], timeout: 0s }', '0s is too little; try at least 1s'],
    ['leads out', '  - { name: a, script: [x], artifacts: [a/../../b] }', 'leads out of the workspace'],
    [
      'sets what shipway sets',
      '  - { name: a, script: [x], environment: { SHIPWAY_RUN: x } }',
      'SHIPWAY_RUN is set by shipway',
    ],
    [
      'holds a secret',
      '  - { name: a, script: ["curl https://u:secretpw@example.com"] }',
      'this looks like a secret',
    ],
    ['is nothing', '  -', '3:4 stages[0]: there is nothing here'],
  ])('are refused when one %s', (_, yaml, problem) => {
    expect(problemsOf(stages(yaml))).toContain(problem);
  });

  test.each(['-x', 'a..b', 'a b', 'x.lock', '/a', 'a/', 'a~1', 'a:b', 'feature/*', '@{-1}'])(
    'take no branch %j',
    (name) => {
      expect(problemsOf(service('[main]', `[${JSON.stringify(name)}]`))).toMatch(
        /is no name of a branch|is a pattern/,
      );
    },
  );
});

describe('a deployment is refused when', () => {
  const deploy = (keys: string): string => service('strategy: canary\n', `strategy: canary\n  ${keys}\n`);
  test.each([
    ['shares fall', 'canary: { steps: [50%, 5%, 100%] }', 'the shares do not rise'],
    ['shares stay', 'canary: { steps: [50%, 50%, 100%] }', 'the shares do not rise'],
    ['the first share is nothing', 'canary: { steps: [0%, 100%] }', 'the shares do not rise'],
    ['shares do not end', 'canary: { steps: [5%] }', 'the last share is not 100%'],
    [
      'shares are above all',
      'canary: { steps: [50%, 101%] }',
      '"101%" is more than everything; try at most 100%',
    ],
    ['the bake is over before a look', 'bake: 9s', 'it ends before the first look'],
    ['a step is over before a look', 'canary: { step_duration: 9s }', 'it ends before the first look'],
    ['a window holds one look', 'triggers: { error_rate: { window: 19s } }', 'it is shorter than two looks'],
    [
      'so many checks are never made in a window',
      'triggers: { health_check_failures: { threshold: 4, window: 30s } }',
      'threshold: a window of 30s has 3 checks at most (replicas is 1, monitoring.interval 10s); try at most 3, or a longer window',
    ],
    ['it looks without a pause', 'monitoring: { interval: 10ms }', '10ms is too little; try at least 100ms'],
    ['a probe asks without a pause', 'health_checks: { liveness: { period: 0s } }', '0s is too little'],
    ['a path is another host', 'smoke_test: { path: //example.com }', '"//example.com" is no path'],
    ['a path is a URL', 'smoke_test: { path: "http://example.com" }', 'is no path'],
    ['a variable is a secret', 'environment: { API_KEY: abc }', 'this looks like a secret'],
    [
      'a variable has the shape of one',
      'environment: { X: AKIAABCDEFGHIJKLMNOP }',
      'this looks like a secret',
    ],
    ['a variable is shipway’s', 'environment: { PORT: "1" }', 'PORT is set by shipway'],
    ['a user key is two', 'user_key: [{ header: a, cookie: b }]', 'a user key is one header or one cookie'],
    ['a header has a space', 'user_key: [{ header: a b }]', 'is no name of a header'],
    ['a port is none', 'listen: 70000', '70000 is more than 65535'],
  ])('%s', (_, keys, problem) => {
    expect(problemsOf(deploy(keys))).toContain(problem);
  });

  test('but never by a value that is itself refused', () => {
    expect(problemsOf(deploy('monitoring: { interval: often }')).split('\n')).toHaveLength(1);
  });

  test('and a secret is not repeated', () => {
    expect(problemsOf(deploy('environment: { DB_PASSWORD: hunter2 }'))).not.toContain('hunter2');
  });

  test.each(['TOKEN_FILE: /run/t', 'PASSWORD_PATH: /x', 'LOG_LEVEL: info', 'SECRET: ""'])(
    'and %s is no secret',
    (entry) => {
      expect(problemsOf(deploy(`environment: { ${entry} }`))).toBe('');
    },
  );
});
