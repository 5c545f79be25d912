import { afterEach, describe, expect, test } from 'vitest';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { FULL } from '../../src/domain/plan.js';
import type { StrategyStep } from '../../src/domain/strategy.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan, pipelineInput, plan } from '../support/plans.js';
import { record } from '../support/record.js';
import { answer, shifts, steer, underWay } from '../support/steering.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile('time skipping');
afterEach(() => {
  calm(lab);
});

const ASK: StrategyStep = { kind: 'ask', question: 'is support ready?' };
const STEPS: readonly StrategyStep[] = [
  ...([{ kind: 'shift', share: 500 }, { kind: 'watch', ms: 60_000 }, ASK] as const),
  ...([{ kind: 'shift', share: 2_500 }, { kind: 'smoke' }, { kind: 'shift', share: FULL }] as const),
];
const by = (steps: readonly StrategyStep[] = STEPS, uses = 'own:given') => ({
  deployment: deploymentPlan({
    strategy: { kind: 'own', uses, with: { steps } },
  }),
});
const asked = (shop: Story) =>
  lab.until(async () => (await shop.seen(2)).waitingFor, 'the question of the strategy');
const started = async (shop: Story, more: Parameters<typeof plan>[1]): Promise<PipelineInput> => {
  const input = pipelineInput(plan('v2', { service: shop.service, ...more }));
  await lab.start(input);
  return input;
};
const gate = (input: PipelineInput, other = '') =>
  lab.until(async () => {
    const { waitingFor } = await lab.view(input);
    return waitingFor?.decision === other ? undefined : waitingFor;
  }, 'the gate');

describe('a strategy of one’s own', () => {
  test('is told to who approves, and carried out step by step; who is asked is asked while it is watched', async () => {
    const shop = await underWay(lab, 'own');
    const before = shifts(lab).length;
    const input = await started(shop, by([ASK, ...STEPS]));
    expect((await gate(input)).changes).toEqual(
      [
        'steps: asks “is support ready?”, 5% watched for 1m, asks “is support ready?”, 25%, smoke test, 100%',
        'strategy: canary 5%, 25%, 100%, 1m each → own:given with {"steps":[{"kind":"ask","question":"is support ready?"},{"kind":"shift","share":500},{"kind":"watch","ms":60000},{"kind":"ask","question":"is support ready?"},{"kind":"shift","share":2500},{"kind":"smoke"},{"kind":"shift","share":10000}]}',
      ].map((line) => line.slice(0, 200)),
    );
    await lab.answer(input, 'bob');
    await shop.reaches(2, 'parked');
    const { title, question } = await asked(shop);
    expect([question, title]).toEqual([
      'asked',
      'own v2 → production asks: is support ready? approve: go on; reject: go back',
    ]);
    expect(lab.watched).toEqual([]);
    await expect(steer(shop, 2, 'pause')).rejects.toMatchObject({
      cause: { message: 'it asks what is to become of it: approve or reject' },
    });
    lab.watching = (w) => (w.phase === 'asked' ? 'until interrupted' : undefined);
    await answer(lab, shop, 2, 'approve');
    await shop.watching('asked');
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(['split green 500', 'split green 2500', 'split green 10000']);
    expect(lab.watched.map((w) => w.phase)).toEqual(['own:given 5 %', 'asked', 'bake']);
    const { timeline, strategy } = await shop.seen(2);
    expect(strategy).toBe('own:given');
    expect(timeline.map((t) => t.what)).toEqual(
      expect.arrayContaining([
        'asks: is support ready?',
        'dave lets it go on',
        'watching own:given 5 % for 1m',
      ]),
    );
    await record('deployment-own-strategy', shop.deployment(2));
  });

  test('that is told no goes back, and its release is not held', async () => {
    const shop = await underWay(lab, 'no', 'asked');
    const input = await shop.begin('v2', by());
    await shop.watching('asked');
    await answer(lab, shop, 2, 'reject');
    expect(await shop.ended(input)).toMatchObject({
      outcome: 'rolled_back',
      reason: 'rollback by dave: seen',
    });
    expect(shop.serving()).toEqual(['blue']);
    expect(shop.state()?.holdMarks).toEqual([]);
    await record('deployment-own-strategy-no', shop.deployment(2));
  });

  test('goes back when the candidate turns bad while somebody is asked', async () => {
    const shop = await underWay(lab, 'bad');
    lab.watching = (w) =>
      w.service === 'bad' && w.phase === 'asked'
        ? { verdict: { kind: 'fail', reason: 'errors' } }
        : undefined;
    const input = await shop.begin('v2', by());
    expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2', reason: 'errors' }]);
  });

  test('promoted by a person it leaves out what it had still to do below that share', async () => {
    const shop = await underWay(lab, 'promoted', 'own:given 5 %');
    const before = shifts(lab).length;
    const input = await shop.begin('v2', by());
    await shop.watching('own:given 5 %');
    await steer(shop, 2, 'promote');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(['split green 500', 'split green 10000']);
  });

  test('moves all users of a first deployment at once, and is not asked', async () => {
    const shop = story(lab, 'first');
    lab.strategies['once'] = () => expect.fail('asked');
    expect((await shop.ship('v1', by([], 'own:once'))).outcome).toBe('shipped');
  });

  test('that answers in another way after the approval is approved again', async () => {
    const shop = await underWay(lab, 'fickle');
    const [, , , ...fewer] = STEPS;
    lab.strategies['fickle'] = () => STEPS;
    const input = await started(shop, by([], 'own:fickle'));
    const first = await gate(input);
    lab.strategies['fickle'] = () => fewer;
    await lab.answer(input, 'bob');
    const again = await gate(input, first.decision);
    expect(again.changes?.[0]).toBe('steps: 25%, smoke test, 100%');
    await lab.answer(input, 'bob');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(lab.watched.map((w) => w.phase)).toEqual(['bake']);
  });

  test.each([
    ['unknown', 'own:givne', STEPS, 'strategy.unknown', 'this worker was not given the strategy own:givne'],
    ['invalid', 'own:given', [ASK], 'strategy.invalid', 'own:given: the last step does not shift to 10000'],
  ])('that is %s ends the run before anything runs', async (service, uses, steps, failure, why) => {
    const shop = await underWay(lab, service);
    const ran: string[] = [];
    lab.staging = (stage) => Promise.resolve(void ran.push(stage));
    const input = await started(shop, by(steps, uses));
    await lab.env.sleep('2m');
    expect(await shop.ended(input)).toMatchObject({ outcome: 'failed' });
    expect(await lab.view(input)).toMatchObject({ failure, reason: expect.stringContaining(why) as string });
    expect(ran).toEqual([]);
  });
});
