import { afterEach, describe, expect, test } from 'vitest';
import type { RollingStrategy } from '../../src/domain/plan.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { answer, steer, underWay } from '../support/steering.js';
import { story, type Story } from '../support/story.js';

/** How long the metric source knows nothing new at a time, at least and at most. */
let knowsNothingNewForMs: readonly [least: number, most: number] = [0, 0];
const lab = await labOfFile('shared', {
  metrics: {
    sample: () => Promise.reject(new Error('unused')),
    resolution: () => {
      const [leastMs, mostMs] = knowsNothingNewForMs;
      return Promise.resolve([{ leastMs, mostMs, why: 'who knows' }]);
    },
  },
});
afterEach(() => {
  calm(lab);
  knowsNothingNewForMs = [0, 0];
  for (const n of [2, 4]) lab.world.fail(`ensure green × ${String(n)}`, undefined);
});

const ROLLING: RollingStrategy = { kind: 'rolling', batchSize: 2, pauseMs: 30_000, onBadBatch: 'roll_back' };
const by = (more: Partial<RollingStrategy> = {}, smokePath = '/health') => ({
  deployment: deploymentPlan({
    strategy: { ...ROLLING, ...more },
    configuration: { ...deploymentPlan().configuration, replicas: 6 },
    smokeTest: { path: smokePath, expectStatus: 200, timeoutMs: 1_000 },
  }),
});
/** Six instances of v1 serve; these phases last until something ends them. */
async function serving(service: string, ...phases: readonly string[]): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1', by())).outcome).toBe('shipped');
  lab.watching = (w) => (w.service === service && phases.includes(w.phase) ? 'until interrupted' : undefined);
  lab.watched.length = 0;
  lab.world.log.length = 0;
  return shop;
}
/** Instances that run, blue and green, and the share of green. */
const now = ({ service }: Story): readonly (number | undefined)[] => [
  ...['blue', 'green'].map((slot) => lab.world.slots.get(`${service}/production/${slot}`)?.instances.length),
  lab.world.routes.get(`${service}/production/`)?.shares.green,
];
const FORWARD = [
  ...['ensure blue v1 × 4', 'ensure green v2 × 2', 'split green 3333'],
  ...['split green 5000', 'ensure blue v1 × 2', 'ensure green v2 × 4', 'split green 6666'],
  ...['split green 10000', 'remove blue', 'ensure green v2 × 6'],
];
const BACK = ['split green 0', 'ensure blue v1', 'remove green'];

describe('a rolling deployment', () => {
  test('replaces instances batch by batch, each watched, and its rollback brings all back at once', async () => {
    const shop = await serving('rolls');
    // What becomes of its source between two batches is no reason to send users back.
    lab.watching = () => {
      knowsNothingNewForMs = [3_600_000, 3_600_000];
      return undefined;
    };
    const input = await shop.begin('v2', by());
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(lab.world.log).toEqual([...FORWARD, 'remove blue']);
    expect(lab.watched.map((w) => w.phase)).toEqual(['rolling 2 of 6', 'rolling 4 of 6', 'bake']);
    const members = lab.world.routes.get('rolls/production/')?.members;
    expect(members?.green).toHaveLength(6);
    await record('deployment-rolling', shop.deployment(2));

    lab.world.log.length = 0;
    await shop.rollback();
    expect((await shop.deployed(3)).outcome).toBe('shipped');
    expect(lab.world.log).toEqual(['ensure blue v1', 'split blue 10000', 'remove green']);
  });

  test.each([
    ['rolling', by()],
    ['in place', { deployment: deploymentPlan({ strategy: { kind: 'in_place' } }) }],
  ])(
    'that is %s says once what could not be checked of it, in its timeline and in the audit',
    async (name, how) => {
      const shop = await serving(`unchecked-${name.replace(' ', '-')}`);
      knowsNothingNewForMs = [1_000, 3_600_000];
      const input = await shop.begin('v2', how);
      expect((await shop.ended(input)).outcome).toBe('shipped');
      const said = 'is as long as the metric source takes to know something new: from 1s to 1h: who knows';
      const { timeline } = await shop.seen(2);
      expect(timeline.map(({ what }) => what).filter((what) => what.endsWith(said))).toHaveLength(1);
      const results = lab.store
        .entries()
        .filter((e) => e.service === shop.service && 'unchecked' in e.details);
      expect(results).toMatchObject([
        {
          event_type: 'effect.result',
          details: { effect: 'provision', unchecked: expect.stringContaining(said) as string },
        },
      ]);
    },
  );

  test.each([
    ['rolling 2 of 6', FORWARD.slice(0, 3), BACK],
    ['rolling 4 of 6', FORWARD.slice(0, 7), BACK],
    // Nothing of stable is left: it starts before users come back to it.
    ['bake', FORWARD, ['ensure blue v1', 'split green 0', 'remove green']],
  ])('that turns bad in %s goes back whole, and is held', async (phase, forward, back) => {
    const shop = await serving(`bad-${phase.replaceAll(' ', '-')}`);
    lab.watching = (w) =>
      w.service === shop.service && w.phase === phase
        ? { verdict: { kind: 'fail', reason: 'errors' } }
        : undefined;
    const input = await shop.begin('v2', by({ onBadBatch: 'ask' }));
    expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    expect(lab.world.log).toEqual([...forward, ...back]);
    expect(now(shop)).toEqual([6, undefined, undefined]);
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2' }]);
  });

  test('whose first batch does not come up makes stable whole again', async () => {
    const shop = await serving('first');
    const input = await shop.begin('v2', by({}, '/fail'));
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect(lab.world.log).toEqual([...FORWARD.slice(0, 2), ...BACK]);
    expect(now(shop)).toEqual([6, undefined, undefined]);
    await record('deployment-rolling-back', shop.deployment(2));
  });

  test('that asks about a bad batch puts that one back, watches the others, and tries it again', async () => {
    const shop = await serving('asks', 'rolling 2 of 6', 'asked');
    const input = await shop.begin('v2', by({ onBadBatch: 'ask' }));
    await shop.watching('rolling 2 of 6');
    const before = now(shop);
    lab.world.fail('ensure green × 4', 'instance.not_ready', 1);
    await steer(shop, 2, 'skip');
    await shop.watching('asked');
    expect(now(shop)).toEqual(before);
    // It is watched while it is asked.
    await expect
      .poll(async () => (await shop.seen(2)).waitingFor?.title)
      .toBe(
        'asks v2 → production asks: batch 3 to 4 of 6 was put back (ensure green × 4 was made to fail): try it again? approve: go on; reject: go back',
      );
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(now(shop)).toEqual([undefined, 6, 10_000]);
    await record('deployment-rolling-asked', shop.deployment(2));
  });

  test('and goes back at a no', async () => {
    const shop = await serving('no');
    lab.world.fail('ensure green × 2', 'instance.not_ready');
    const input = await shop.begin('v2', by({ onBadBatch: 'ask' }));
    await shop.reaches(2, 'parked');
    expect(now(shop)).toEqual([6, 0, undefined]);
    await answer(lab, shop, 2, 'reject');
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect(now(shop)).toEqual([6, undefined, undefined]);
    expect(shop.state()?.holdMarks).toEqual([]);
  });

  test('goes back from between two batches at a person’s word', async () => {
    const shop = await serving('between', 'rolling 4 of 6');
    const input = await shop.begin('v2', by());
    await shop.watching('rolling 4 of 6');
    await shop.rollback();
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect(lab.world.log).toEqual([...FORWARD.slice(0, 7), ...BACK]);
  });

  test('stands still between batches while it is paused, and goes on without pauses when it is promoted', async () => {
    const shop = await serving('steered', 'rolling 2 of 6', 'paused');
    const input = await shop.begin('v2', by());
    await shop.watching('rolling 2 of 6');
    await steer(shop, 2, 'pause');
    await steer(shop, 2, 'promote');
    await shop.watching('paused');
    expect(now(shop)).toEqual([4, 2, 3_333]);
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(lab.watched.map((w) => w.phase)).toEqual(['rolling 2 of 6', 'paused', 'bake']);
  });
});

describe('in place', () => {
  const inPlace = (smokePath = '/health') => ({
    deployment: deploymentPlan({
      strategy: { kind: 'in_place' },
      smokeTest: { path: smokePath, expectStatus: 200, timeoutMs: 1_000 },
    }),
  });

  test('the old one ends before the new one starts, also in a rollback', async () => {
    const shop = await underWay(lab, 'place');
    lab.world.log.length = 0;
    const input = await shop.begin('v2', inPlace());
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(lab.world.log).toEqual(['remove blue', 'ensure green v2', 'split green 10000', 'remove blue']);
    await record('deployment-in-place', shop.deployment(2));
    expect((await shop.ship('v3', inPlace())).outcome).toBe('shipped');
    lab.world.log.length = 0;
    await shop.rollback();
    expect((await shop.deployed(4)).outcome).toBe('shipped');
    expect(lab.world.log).toEqual(['remove blue', 'ensure green v2', 'split green 10000', 'remove blue']);
  });

  test('who approves is told of the downtime', async () => {
    const shop = await underWay(lab, 'told');
    const input = await shop.begin('v2', inPlace());
    await shop.ended(input);
    const opened = lab.store.entries().filter((e) => e.event_type === 'gate.opened' && e.service === 'told');
    expect(opened.at(-1)?.details['changes']).toContain(
      'downtime: nothing serves from the stop of what is live to the first healthy instance of this',
    );
  });

  test('one that is not well ends before the old one starts again', async () => {
    const shop = await underWay(lab, 'unwell');
    lab.world.log.length = 0;
    const input = await shop.begin('v2', inPlace('/fail'));
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect(lab.world.log).toEqual([
      ...[
        'remove blue',
        'ensure green v2',
        'remove green',
        'ensure blue v1',
        'split green 0',
        'remove green',
      ],
    ]);
    await record('deployment-in-place-back', shop.deployment(2));
  });
});
