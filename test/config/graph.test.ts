import { describe, expect, test } from 'vitest';
import { explainPlan } from '../../src/config/explain-plan.js';
import { resolvePlan } from '../../src/config/index.js';
import { facts, problemsOf, service, valid } from './texts.js';

describe('a plan of stages that do not wait for each other', () => {
  test('runs stages side by side where their needs say so, a matrix as its variants', () => {
    const text = service(
      '  - name: build\n    script: [npm run build]',
      "  - { name: lint, needs: [], script: [x] }\n  - { name: unit, needs: [], script: [x], environment: { A: '1' }, matrix: { NODE: ['20', '22.1'], DB: [pg] } }\n  - name: build\n    needs: [test, lint, unit]\n    script: [npm run build]",
    );
    const plan = resolvePlan(valid(text), ['production'], facts());
    expect(plan.schema).toBe(3);
    expect(plan.stages.map(({ name, needs }) => [name, ...needs])).toEqual([
      ['test'],
      ['lint'],
      ['unit-20-pg'],
      ['unit-22-1-pg'],
      ['build', 'test', 'lint', 'unit-20-pg', 'unit-22-1-pg'],
      ['approve', 'build'],
      ['deploy', 'approve'],
    ]);
    expect(plan.stages[3]).toMatchObject({ environment: { A: '1', NODE: '22.1', DB: 'pg' } });
    const words = explainPlan(plan).join('\n');
    expect(words).toContain('2. lint: x (at most 30m); at once');
    expect(words).toContain('; after test, lint, unit-20-pg, unit-22-1-pg');
  });

  test('waits for the gate, wherever that is asked', () => {
    const text = service(
      '  - approve\n  - deploy',
      '  - { name: approve, only: [hotfix] }\n  - { name: deploy, needs: [build] }',
    );
    const needs = (branches: string[]) =>
      resolvePlan(valid(text), ['production'], facts({ branches })).stages.at(-1)?.needs;
    expect(needs(['main'])).toEqual(['build']);
    expect(needs(['main', 'hotfix'])).toEqual(['build', 'approve']);
  });
});

test('a plan names stage kinds of one’s own, with what they are given', () => {
  const text = service(
    '  - approve',
    '  - { name: who, uses: own:licences, with: { allow: [MIT] }, evidence: true, retry: { attempts: 2 }, timeout: 5m }\n  - approve',
  );
  const plan = resolvePlan(valid(`${text}adapters: { stages: [licences] }\n`), ['staging'], facts());
  expect(plan.schema).toBe(3);
  expect(plan.stages[2]).toEqual({
    ...{ kind: 'own', name: 'who', needs: ['build'], uses: 'own:licences', with: { allow: ['MIT'] } },
    ...{ artifacts: [], evidence: true, timeoutMs: 300_000, attempts: 2, allowFailure: false },
  });
  const words = explainPlan(plan);
  expect(words).toContain(
    '3. who: own:licences with {"allow":["MIT"]}, evidence: its answer (at most 5m, 2 attempts)',
  );
  expect(words).toContain('before any stage: that the workers of stages have own:licences');
});

test.each([
  [5_000, 'f:2229:13 the file has more than 20000 values; try a file of only the configuration'],
  [1_000, 'f:3:3 stages: these are 1004; try at most 200'],
])('%i stages are too many, said once and with how many there may be', (count, why) => {
  const many = Array.from(
    { length: count },
    (_, i) => `  - { name: s${String(i)}, needs: [${i === 0 ? '' : `s${String(i - 1)}`}], script: [x] }\n`,
  );
  expect(problemsOf(service('  - approve\n', `${many.join('')}  - approve\n`))).toBe(why);
});
