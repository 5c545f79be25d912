import { afterEach, describe, expect, test } from 'vitest';
import { MESSAGES } from '../../src/domain/messages.js';
import type { TargetView } from '../../src/domain/view.js';
import { labOfFile, type WatchScript } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { answer, shifts } from '../support/steering.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

const GRADUAL = { deployment: deploymentPlan({ rollback: { stepMs: 30_000 } }) };
const { configuration } = GRADUAL.deployment;
const { readiness, liveness } = configuration.healthChecks;
/** What is live has another health check. */
const NEXT = {
  deployment: {
    ...GRADUAL.deployment,
    configuration: { ...configuration, healthChecks: { readiness, liveness: { ...liveness, path: '/up' } } },
  },
};
type Said = Awaited<ReturnType<WatchScript>>;
/** v2 bakes over v1; what is left is watched until something ends that, unless it is said otherwise. */
async function baking(
  service: string,
  said: (phase: string) => Said | Promise<Said> = () => undefined,
): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1', GRADUAL)).outcome).toBe('shipped');
  lab.watching = (w) =>
    w.service !== service
      ? undefined
      : (said(w.phase) ?? (['bake', 'leaving'].includes(w.phase) ? 'until interrupted' : undefined));
  lab.watched.length = 0;
  await shop.begin('v2', NEXT);
  await shop.watching('bake');
  lab.world.log.length = 0;
  return shop;
}
const QUARTERS = [7_500, 5_000, 2_500].map((share) => `split green ${String(share)}`);
const fail: Said = { verdict: { kind: 'fail', reason: 'errors' } };

describe('a deployment that a person sends back', () => {
  test('lets its users return by quarters, each watched, to what they return to', async () => {
    const shop = await baking('slow');
    await shop.rollback();
    expect((await shop.deployed(2)).outcome).toBe('rolled_back');
    expect(shifts(lab)).toEqual([...QUARTERS, 'split green 0']);
    const returning = lab.watched.filter((w) => w.phase === 'returning');
    expect(returning).toHaveLength(3);
    expect(returning[0]).toMatchObject({
      ...{ candidate: { slot: 'blue' }, stable: { slot: 'green' } },
      ...{ liveness: { path: '/health' }, stableLiveness: { path: '/up' } },
    });
    expect((returning[0]?.until ?? 0) - (returning[0]?.from ?? 0)).toBe(30_000);
    expect(shop.state()?.holdMarks).toEqual([]);
    await record('deployment-gradual', shop.deployment(2));
  });

  test('loses the rest of them at once when it turns bad meanwhile, and is held', async () => {
    const shop = await baking('turns', (phase) =>
      phase === 'leaving' ? fail : phase === 'returning' ? 'until interrupted' : undefined,
    );
    await shop.rollback();
    expect(await shop.deployed(2)).toMatchObject({
      outcome: 'rolled_back',
      reason: 'rollback by carol: bad',
    });
    expect(shifts(lab)).toEqual([QUARTERS[0], 'split green 0']);
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2' }]);
  });

  test('loses them at once when the person has no more time, or had none', async () => {
    const shop = await baking('hurry', (phase) => (phase === 'returning' ? 'until interrupted' : undefined));
    await shop.rollback();
    await shop.watching('returning');
    await shop.rollback({ pace: 'immediate' });
    expect((await shop.deployed(2)).outcome).toBe('rolled_back');
    expect(shifts(lab)).toEqual([QUARTERS[0], 'split green 0']);
    const other = await baking('now');
    await other.rollback({ pace: 'immediate' });
    expect((await other.deployed(2)).outcome).toBe('rolled_back');
    expect(shifts(lab)).toEqual(['split green 0']);
  });

  test('loses them at once when it is aborted meanwhile', async () => {
    const shop = await baking('aborted', (phase) =>
      phase === 'returning' ? 'until interrupted' : undefined,
    );
    await shop.rollback();
    await shop.watching('returning');
    await shop.deployment(2).signal(MESSAGES.goBack, { why: 'abort', by: 'carol', reason: 'enough' });
    expect(await shop.deployed(2)).toMatchObject({ reason: 'rollback by carol: bad' });
    expect(shifts(lab)).toEqual([QUARTERS[0], 'split green 0']);
  });

  test('asks before more users return to what turns bad by it', async () => {
    let left = 1;
    const shop = await baking('welcome', (phase) => (phase === 'returning' && left-- > 0 ? fail : undefined));
    await shop.rollback();
    const { title } = await lab.until(async () => (await shop.seen(2)).waitingFor, 'the question');
    expect(title).toBe(
      'v1 turns bad as users return to it: errors. approve: go on; reject: all of them at once',
    );
    expect(shifts(lab)).toEqual(QUARTERS.slice(0, 1));
    await answer(lab, shop, 2, 'approve');
    expect((await shop.deployed(2)).outcome).toBe('rolled_back');
    expect(shifts(lab)).toEqual([...QUARTERS, 'split green 0']);
  });

  test('does not wait for the answer when it turns bad meanwhile', async () => {
    let turn: (said: Said) => void = () => undefined;
    const promise = new Promise<Said>((resolve) => (turn = resolve));
    const shop = await baking('asked', (phase) =>
      phase === 'leaving' ? promise : phase === 'returning' ? fail : undefined,
    );
    await shop.rollback();
    await lab.until(async () => (await shop.seen(2)).waitingFor, 'the question');
    turn(fail);
    expect((await shop.deployed(2)).outcome).toBe('rolled_back');
    expect(shifts(lab)).toEqual([QUARTERS[0], 'split green 0']);
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2' }]);
  });

  test('that the rules found bad loses all of them at once', async () => {
    const shop = story(lab, 'rules');
    await shop.ship('v1', GRADUAL);
    lab.world.log.length = 0;
    lab.watching = (w) => (w.service === 'rules' && w.phase === 'bake' ? fail : undefined);
    await shop.begin('v2', GRADUAL);
    expect(await shop.deployed(2)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    expect(shifts(lab).at(-1)).toBe('split green 0');
    expect(lab.watched.map((w) => w.phase)).not.toContain('returning');
  });
});

describe('a release that is brought back', () => {
  test('gets its users by quarters; doubt holds nobody up', async () => {
    const shop = story(lab, 'idle');
    for (const version of ['v1', 'v2']) await shop.ship(version, GRADUAL);
    lab.world.log.length = 0;
    lab.watched.length = 0;
    lab.watching = () => ({ verdict: { kind: 'inconclusive', reason: 'too little' } });
    await shop.rollback();
    expect((await shop.deployed(3)).outcome).toBe('shipped');
    expect(shifts(lab)).toEqual([2_500, 5_000, 7_500, 10_000].map((share) => `split blue ${String(share)}`));
    expect(lab.watched.map((w) => w.phase)).toEqual(['rollback 25 %', 'rollback 50 %', 'rollback 75 %']);
    expect(lab.watched[0]?.plan.stepTimeoutMs).toBe(0);
    await record('deployment-rollback-gradual', shop.deployment(3));
  });

  test('and is worse than what serves leaves that where it is, and is not held', async () => {
    const shop = story(lab, 'worse');
    for (const version of ['v1', 'v2']) await shop.ship(version, GRADUAL);
    lab.watching = (w) => (w.service === 'worse' ? fail : undefined);
    await shop.rollback();
    expect((await shop.deployed(3)).outcome).toBe('rolled_back');
    expect(shop.state()).toMatchObject({ live: { release: { version: 'v2' } }, holdMarks: [] });
  });

  test('gets the rest of them at once when somebody is in a hurry', async () => {
    const shop = story(lab, 'emergency');
    for (const version of ['v1', 'v2']) await shop.ship(version, GRADUAL);
    lab.world.log.length = 0;
    lab.watching = (w) => (w.phase === 'rollback 25 %' ? 'until interrupted' : undefined);
    await shop.rollback();
    await shop.watching('rollback 25 %');
    await shop.rollback({ emergency: { severity: 'error' } });
    expect((await shop.deployed(3)).outcome).toBe('shipped');
    expect(shifts(lab)).toEqual(['split blue 2500', 'split blue 10000']);
  });

  test('gets all of them at once when somebody was in a hurry before it had begun', async () => {
    const shop = story(lab, 'admitting');
    for (const version of ['v1', 'v2']) await shop.ship(version, GRADUAL);
    lab.world.log.length = 0;
    lab.store.away(Infinity, 'deployments.admit');
    const first = shop.rollback();
    const running = () =>
      shop
        .target()
        .query<TargetView>(MESSAGES.view)
        .then((view) => view.running);
    await lab.until(running, 'the rollback to be admitted');
    expect(await shop.rollback({ pace: 'immediate' })).toMatchObject({ status: 'running' });
    lab.store.away(0);
    await first;
    expect((await shop.deployed(3)).outcome).toBe('shipped');
    expect(shifts(lab)).toEqual(['split blue 10000']);
  });
});
