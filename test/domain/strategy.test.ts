import { describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import { actsAt, ladderOf, readSteps, stepsText, type StrategyStep } from '../../src/domain/strategy.js';
import { deploymentPlan } from '../support/plans.js';
import { WATCH_PLAN } from '../support/watching.js';

const plan = deploymentPlan({ watch: { ...WATCH_PLAN, intervalMs: 1_000 } });
const shift = (share: number): StrategyStep => ({ kind: 'shift', share });
const watch = (ms: number): StrategyStep => ({ kind: 'watch', ms });
const ask: StrategyStep = { kind: 'ask', question: 'is support ready?' };
const smoke: StrategyStep = { kind: 'smoke' };
const all = shift(FULL);

describe('steps of a strategy of one’s own', () => {
  test.each([
    [[all]],
    [[ask, shift(500), watch(1_000), ask, smoke, shift(2_500), watch(60_000), all]],
    [[smoke, ask, all]],
  ])('are taken as they are: %j', (steps) => {
    expect(readSteps(steps, plan)).toEqual(steps);
  });

  test.each<[unknown, string]>([
    [undefined, 'it gave no list'],
    [Promise.resolve([all]), 'it gave no list'],
    [[() => all], 'it gave no list'],
    [Array.from({ length: 51 }, () => all), 'it gave 51 steps, and 50 are the most'],
    [[], 'the last step does not shift to 10000'],
    [[shift(500)], 'the last step does not shift to 10000'],
    [[all, ask], 'the last step does not shift to 10000'],
    [[null], 'step 1: null is none of shift, watch, ask, smoke'],
    [[{ kind: 'promote' }], 'step 1: {"kind":"promote"} is none of'],
    [[{ kind: 'constructor' }], 'is none of'],
    [[{ kind: 'shift', share: 5, percent: 1 }], 'step 1: shift has no percent'],
    [[{ kind: 'smoke', share: 5 }], 'step 1: smoke has no share'],
    [[shift(0)], 'a share is a whole number from 1 to 10000, and not 0'],
    [[shift(0.5)], 'and not 0.5'],
    [[shift(10_001)], 'and not 10001'],
    [[{ kind: 'shift', share: '5%' }], 'and not 5%'],
    [[shift(500), shift(500)], 'step 2: 500 is not more than 500'],
    [[shift(500), watch(1_000), shift(400), all], 'step 3: 400 is not more than 500'],
    [[watch(1_000), all], 'step 1: nothing is to be seen before the first shift'],
    [
      [shift(500), watch(999), all],
      'step 2: it watches for whole milliseconds, from monitoring.interval (1s)',
    ],
    [[shift(500), watch(29 * 86_400_000), all], 'to 28d'],
    [[shift(500), { kind: 'watch', ms: '5m' }, all], 'and not 5m'],
    [[{ kind: 'ask' }, all], 'step 1: a question is one line of at most 200 characters'],
    [[{ kind: 'ask', question: ' ' }, all], 'a question is one line'],
    [[{ kind: 'ask', question: 'a\nb' }, all], 'a question is one line'],
    [[{ kind: 'ask', question: 'x'.repeat(201) }, all], 'a question is one line'],
  ])('are refused when they cannot be carried out: %j', (steps, why) => {
    expect(readSteps(steps, plan)).toContain(why);
  });

  test('are told on one line', () => {
    const steps = [ask, shift(500), watch(120_000), smoke, ask, all];
    expect(stepsText(steps)).toBe(
      'asks “is support ready?”, 5% watched for 2m, smoke test, asks “is support ready?”, 100%',
    );
  });

  test('are done at the share that they stand at; a person’s share is done as the one below it', () => {
    const ladder = ladderOf([smoke, shift(500), watch(1_000), ask, shift(2_500), all]);
    expect(ladder.first).toEqual([smoke]);
    const acts = [500, 1_000, 2_500, 5_000, FULL, 100].map((share) => actsAt(ladder, share, 0));
    const low = [watch(1_000), ask];
    expect(acts).toEqual([low, low, [], [], [], low]);
  });

  test('and at fewer users than before time passes, if at any step above', () => {
    const ladder = ladderOf([shift(500), smoke, shift(1_000), shift(2_500), watch(1_000), shift(5_000), all]);
    const acts = [100, 600, 1_000, 2_600].map((share) => actsAt(ladder, share, 5_000));
    expect(acts).toEqual([[watch(1_000)], [watch(1_000)], [watch(1_000)], [watch(1_000)]]);
    expect(actsAt(ladder, 5_000, 6_000)).toEqual([]);
    expect(actsAt(ladder, 600, 500)).toEqual([smoke]);
  });
});
