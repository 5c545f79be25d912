import { describe, expect, test } from 'vitest';
import type { Plan, StagePlan } from '../../src/domain/plan.js';
import { madeAnew, retryPlan } from '../../src/domain/retry.js';
import { commandStage, plan, scanStage } from '../support/plans.js';

const graph = (...stages: readonly StagePlan[]): Plan => plan('v1', { schema: 3, stages });
const passed = (...stages: readonly string[]) => stages.map((stage) => ({ stage, evidence: [] }));
/** The stages that are left to an earlier run, and to which. */
const left = (of: Plan, ...stages: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    retryPlan({ run: 'first', plan: of, passed: passed(...stages) }).stages.flatMap(({ name, reused }) =>
      reused === undefined ? [] : [[name, reused]],
    ),
  );

describe('a run once more', () => {
  const whole = plan('v1').stages;
  test.each<[string, Plan, string[], object]>([
    ['all that passed stands', plan('v1'), ['test', 'build'], { test: 'first', build: 'first' }],
    ['what failed does not', plan('v1'), ['test'], { test: 'first' }],
    ['nothing passed', plan('v1'), [], {}],
    [
      'a gate and a deployment are asked and done again',
      plan('v1'),
      ['test', 'build', 'approve', 'deploy'],
      { test: 'first', build: 'first' },
    ],
    [
      'what stands in a run before stays there',
      plan('v1', { stages: whole.map((s) => (s.name === 'test' ? { ...s, reused: 'zeroth' } : s)) }),
      ['build'],
      { test: 'zeroth', build: 'first' },
    ],
    [
      'what is given what is made anew is made anew',
      graph(
        commandStage('lint'),
        commandStage('build', { artifacts: ['dist/'] }),
        commandStage('pack', { needs: ['build'] }),
        scanStage({ needs: ['pack'] }),
      ),
      ['lint', 'pack', 'scan'],
      { lint: 'first' },
    ],
    [
      'what only waits for it is not',
      graph(commandStage('lint'), commandStage('pack', { needs: ['lint'] })),
      ['pack'],
      { pack: 'first' },
    ],
    [
      'what an environment has of its own is done again',
      plan('v1', { stages: [{ ...commandStage('check'), inEnvironment: 'staging' }] }),
      ['check'],
      {},
    ],
    ['a release that is shipped as it was built stays so', plan('v1', { release: 'd' }), ['test'], {}],
  ])('%s', (_, of, stages, expected) => {
    expect(left(of, ...stages)).toEqual(expected);
  });

  test('no plan may leave to an earlier run what was given something that runs again', () => {
    const pack = commandStage('pack', { needs: ['build'], reused: 'first' });
    const of = graph(commandStage('build'), pack);
    expect(madeAnew(of, pack)).toBe('build');
    expect(madeAnew(graph({ ...commandStage('build'), reused: 'first' }, pack), pack)).toBeUndefined();
  });
});
