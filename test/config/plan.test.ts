import { describe, expect, test } from 'vitest';
import { branchesOf, resolvePlan, wayOf, type GitFacts } from '../../src/config/index.js';
import { explainPlan } from '../../src/config/explain-plan.js';
import { STARTER_POLICY, STARTER_SERVICE } from '../../src/config/starter.js';
import { deploymentIn } from '../../src/domain/environments.js';
import { UsageError } from '../../src/errors.js';
import { digestOf } from '../../src/hash.js';
import { facts, policyProblems, SERVICE, service, valid } from './texts.js';

const refused = (act: () => unknown): UsageError => {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  throw new Error('it was not refused');
};

describe('a plan', () => {
  test('is what the files and the commit say', () => {
    const plan = resolvePlan(valid(SERVICE), ['staging'], facts());
    expect(plan).toMatchObject({
      ...{ schema: 1, service: 'shop', environment: 'staging', version: 'v1', commit: 'a'.repeat(40) },
      ...{ dirty: false, author: 'dev@example.invalid', committedAt: '2026-01-01T00:00:00Z' },
    });
    expect(plan.stages.map((s) => [s.kind, s.name, s.skipped])).toEqual([
      ['command', 'test', undefined],
      ['command', 'build', undefined],
      ['approve', 'approve', undefined],
      ['deploy', 'deploy', undefined],
    ]);
    expect(plan.stages.at(-1)).toMatchObject({ deployment: { strategy: { kind: 'blue_green' } } });
    expect(JSON.stringify(plan)).not.toContain('"only"');
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('says of a scan that it looks before all is built', () => {
    const scan = '  - { name: scan, security_scan: { secret_detection: true } }\n';
    const words = (text: string): string =>
      explainPlan(resolvePlan(valid(text), ['staging'], facts())).join('\n');
    expect(words(service('stages:\n', `stages:\n${scan}`))).toContain(
      'scan: secret_detection; sees nothing of what build makes, so it is not the scan that a policy may require\n',
    );
    expect(words(service('  - approve\n', `${scan}  - approve\n`))).toContain('scan: secret_detection\n');
  });

  test('has the same hash whatever the order of keys, spaces and comments', () => {
    const other = service(
      '  provider: process\n  command: [node, server.js]\n  router: gateway\n',
      '  router:   gateway # what shares\n  command:\n    - node\n    - server.js\n  provider: "process"\n',
    );
    const hash = (text: string): string => digestOf(resolvePlan(valid(text), ['production'], facts()));
    expect(hash(other)).toBe(hash(SERVICE));
    expect(hash(service('[node, server.js]', '[node, other.js]'))).not.toBe(hash(SERVICE));
  });

  test('does not do again what a run has done before the gate, and ships what that run built', () => {
    const built = { release: 'd'.repeat(64), run: 'v1-abcdef' };
    const text = service(
      '  - approve\n  - deploy\n',
      '  - approve\n  - deploy\n  - { name: tell, script: [tell], allow_failure: true }\n',
    );
    const plan = resolvePlan(valid(text), ['production'], facts(), built);
    expect(plan.release).toBe(built.release);
    expect(plan.stages.map((s) => [s.name, s.reused])).toEqual([
      ['test', built.run],
      ['build', built.run],
      ['approve', undefined],
      ['deploy', undefined],
      ['tell', undefined],
    ]);
    const words = explainPlan(plan).join('\n');
    expect(words).toContain('release dddddddddddd, as it was built before');
    expect(words).toContain('1. test: not again, run v1-abcdef has done it');
    expect(resolvePlan(valid(text), ['production'], facts())).not.toHaveProperty('release');
  });

  test('knows the branches that the rules name', () => {
    expect(branchesOf(valid(service('  - approve', '  - { name: approve, only: [main, hotfix] }')))).toEqual([
      'main',
      'hotfix',
    ]);
  });

  const optional = service('    only: [main]\n', '').replace(
    '  - approve',
    '  - { name: docs, script: [x], only: [docs], needs: [test], allow_failure: true }\n  - { name: site, script: [x], needs: [docs], allow_failure: true }\n  - { name: approve, needs: [build] }',
  );
  test('skips what a rule keeps from running, and what needs that', () => {
    const { stages } = resolvePlan(valid(optional), ['production'], facts());
    const why = 'stage docs runs only for commits on docs, and v1 is not on it';
    expect(stages.map((s) => s.skipped)).toEqual([undefined, undefined, why, why, undefined, undefined]);
    const onDocs = resolvePlan(valid(optional), ['production'], facts({ branches: ['docs'] }));
    expect(onDocs.stages.some((s) => s.skipped !== undefined)).toBe(false);
  });

  test('is refused when its deployment would be skipped', () => {
    const { message, next } = refused(() =>
      resolvePlan(valid(SERVICE), ['production'], facts({ branches: [] })),
    );
    expect(message).toBe(
      'v1 cannot be deployed: stage build runs only for commits on main, and v1 is not on it',
    );
    expect(next).toContain('change `only`');
  });

  test.each([
    ['prodution', '--environment with production'],
    ['moon', '--environment with one of staging, production'],
    ['constructor', '--environment with one of staging, production'],
  ])('is refused for the environment %s', (environment, next) => {
    const error = refused(() => resolvePlan(valid(SERVICE), [environment], facts()));
    expect(error).toMatchObject({ message: `shop has no environment "${environment}"`, next });
  });
});

test('a plan in words says how it waits', () => {
  const said = (keys: string): string =>
    explainPlan(
      resolvePlan(
        valid(service('  router: gateway\n', `  router: gateway\n${keys}`)),
        ['production'],
        facts(),
      ),
    ).join('\n');
  expect(said('')).toContain(
    'waits in the order of asking when the target is at work; a bake ends for the next run after 10m',
  );
  expect(said('  during_bake: queue\n')).toContain('when the target is at work, behind a whole bake');
  expect(said('  bake: 5m\n')).toContain('behind a whole bake');
  expect(said('  queue: supersede\n  min_bake: 20m\n')).toContain(
    'takes the place of those that wait when the target is at work; a bake ends for the next run after 20m',
  );
  expect(said('  queue: reject\n')).toContain('fails when the target is at work');
});

describe('a plan that leads through several environments', () => {
  const way = ['staging', 'production'] as const;
  const text = service(
    '  - approve\n  - deploy\n',
    '  - approve\n  - { name: deploy, environments: [staging, production] }\n  - { name: check, script: [check] }\n',
  );

  test('is what the configuration asks for where nobody names one', () => {
    expect(wayOf(valid(text).stages)).toEqual(way);
    expect(wayOf(valid(SERVICE).stages)).toEqual([]);
  });

  test('builds once, and does from the gate on all for each, one after the other', () => {
    const plan = resolvePlan(valid(text), way, facts());
    expect(plan).toMatchObject({ environment: 'production', through: ['staging'] });
    expect(plan.stages.map((s) => [s.name, s.inEnvironment, s.needs])).toEqual([
      ['test', undefined, []],
      ['build', undefined, ['test']],
      ['approve-staging', 'staging', ['build']],
      ['deploy-staging', 'staging', ['approve-staging']],
      ['check-staging', 'staging', ['deploy-staging']],
      ['approve-production', 'production', ['build', 'approve-staging', 'deploy-staging', 'check-staging']],
      ['deploy-production', 'production', ['approve-production']],
      ['check-production', 'production', ['deploy-production']],
    ]);
    expect([deploymentIn(plan, 'staging'), deploymentIn(plan, 'production')]).toMatchObject([
      { strategy: { kind: 'blue_green' } },
      { strategy: { kind: 'canary' } },
    ]);
    const words = explainPlan(plan).join('\n');
    expect(words).toContain('shop v1 → staging → production');
    expect(words).toContain('deployment in staging: ');
    expect(words).toContain('deployment in production: ');
  });

  test('leads to one alone by the same names as without a way', () => {
    const one = resolvePlan(valid(text), ['production'], facts());
    expect(one).not.toHaveProperty('through');
    expect(one.stages.map((s) => s.name)).toEqual(['test', 'build', 'approve', 'deploy', 'check']);
  });

  test('waits for nothing that is skipped, nor for what needs that', () => {
    const last = '  - { name: check, script: [check] }\n';
    const some = text.replace(
      last,
      `${last.replace('script', 'only: [docs], script')}  - { name: tell, script: [tell] }\n`,
    );
    const { stages } = resolvePlan(valid(some), way, facts());
    expect(stages.filter((s) => s.skipped !== undefined).map((s) => s.name)).toEqual([
      ...['check-staging', 'tell-staging', 'check-production', 'tell-production'],
    ]);
    expect(stages.find((s) => s.name === 'approve-production')?.needs).toEqual([
      ...['build', 'approve-staging', 'deploy-staging'],
    ]);
  });

  test('waits for no stage that runs for some commits only', () => {
    const some = text.replace('name: check,', 'name: check, only: [docs],');
    const { stages } = resolvePlan(valid(some), way, facts());
    expect(stages.filter((s) => s.skipped !== undefined).map((s) => s.name)).toEqual([
      'check-staging',
      'check-production',
    ]);
  });

  test('ships what was built before to all of them', () => {
    const built = { release: 'd'.repeat(64), run: 'v1-abcdef' };
    const { stages } = resolvePlan(valid(text), way, facts(), built);
    expect(stages.filter((s) => s.reused !== undefined).map((s) => s.name)).toEqual(['test', 'build']);
  });
});

describe('a plan in words', () => {
  const words = (text: string, environment: string, more: Partial<GitFacts> = {}): string =>
    explainPlan(resolvePlan(valid(text), [environment], facts(more))).join('\n');

  test('says what happens, how long it takes, and what sends it back', () => {
    const said = words(STARTER_SERVICE, 'production');
    expect(said).toContain('my-service v1 → production');
    expect(said).toContain('2. build: npm ci && npm run build → dist/, package.json (at most 30m)');
    expect(said).toContain('4. approve: waits for as many people as the policy asks for');
    expect(said).toContain(
      'traffic: smoke test /health on the idle slot, 5 % for 5m, 25 % for 5m, 50 % for 5m, 100 %',
    );
    expect(said).toContain('it takes 45m when nothing is wrong');
    expect(said).toContain(
      'more than 5 % errors in 5m (of 20 requests or more); p95 above 2s in 5m; 3 failed health checks in 2m',
    );
    expect(said).toContain('a first deployment has nothing to compare with');
    expect(said).toContain('the worker will check: that its policy names the environment');
  });

  test('says what is skipped, and that a tree is not committed', () => {
    expect(words(STARTER_SERVICE, 'staging')).toContain('then all users at once');
    const only = service('    only: [main]\n', '')
      .replace('  - approve', '  - { name: approve, only: [x] }')
      .replace('  - deploy', '  - { name: deploy, needs: [build] }');
    expect(words(only, 'staging', { dirty: true })).toContain(
      '3. approve: skipped, stage approve runs only for commits on x',
    );
    expect(words(SERVICE, 'staging', { dirty: true })).toContain(
      '(made of a working tree that is not committed)',
    );
  });
});

test('what `shipway init` writes is valid', () => {
  expect(Object.keys(valid(STARTER_SERVICE).environments)).toEqual(['staging', 'production']);
  expect(policyProblems(STARTER_POLICY)).toBe('');
});
