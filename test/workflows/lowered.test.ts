import { afterEach, describe, expect, test, vi } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import type { StrategyStep } from '../../src/domain/strategy.js';
import { DARK, checkoutShare } from '../support/dark.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { answer, shifts, steer, underWay } from '../support/steering.js';
import type { Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
  vi.restoreAllMocks();
});

const phases = (): readonly string[] => lab.watched.map((w) => w.phase);
const splits = (...shares: readonly number[]) => shares.map((share) => `split green ${String(share)}`);
const said = async (shop: Story): Promise<readonly string[]> =>
  (await shop.seen(2)).timeline.map(({ what }) => what);
const entries = ({ service }: Story, type: string) =>
  lab.store.entries().filter((e) => e.service === service && e.event_type === type);
/** Something that is waited for, and when that has begun. */
function holding() {
  const hold = { reach: (): void => undefined, release: (): void => undefined };
  const reached = new Promise<void>((resolve) => (hold.reach = resolve));
  const released = new Promise<void>((resolve) => (hold.release = resolve));
  const meet = (): Promise<void> => (hold.reach(), released);
  return { reached, meet, release: () => hold.release() };
}

describe('a canary', () => {
  test('goes back to a share, is watched there, goes on by the steps above it and ships', async () => {
    const shop = await underWay(lab, 'lowered', 'canary 50 %');
    const steps = [500, 2_500, 5_000, FULL];
    const input = await shop.begin('v2', {
      deployment: deploymentPlan({ strategy: { kind: 'canary', steps, stepDurationMs: 60_000 } }),
    });
    await shop.watching('canary 50 %');
    const before = shifts(lab).length;
    lab.watching = () => undefined;
    lab.watched.length = 0;
    expect(await steer(shop, 2, 'promote', 1_000)).toEqual({
      status: 'accepted',
      message: 'it goes down to 10 % now',
    });
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(splits(1_000, 2_500, 5_000, FULL));
    expect(phases()).toEqual(['canary 10 %', 'canary 25 %', 'canary 50 %', 'bake']);
    // What is compared is so at the share that it has now.
    expect(lab.watched[0]).toMatchObject({ share: 1_000 });
    expect(await said(shop)).toEqual(
      expect.arrayContaining(['lowered to 10 % by carol: looking', 'shift 50 % → 10 %']),
    );
    expect(entries(shop, 'statement.accepted').find((e) => e.details['verb'] === 'promote')).toMatchObject({
      ...{ user: 'carol', details: { to: 1_000, reason: 'looking' } },
    });
    expect(entries(shop, 'effect.result').filter((e) => e.details['share'] === 1_000)).toMatchObject([
      { details: { effect: 'shift_traffic', from: 5_000, ok: true } },
    ]);
    await record('deployment-lowered', shop.deployment(2));
  });

  test('goes all the way back from there when it is told to', async () => {
    const shop = await underWay(lab, 'then-back', 'canary 25 %', 'canary 10 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 25 %');
    const before = shifts(lab).length;
    await steer(shop, 2, 'promote', 1_000);
    await shop.watching('canary 10 %');
    expect((await shop.seen(2)).shares).toEqual({ blue: 9_000, green: 1_000 });
    await shop.rollback();
    expect(await shop.ended(input)).toMatchObject({
      outcome: 'rolled_back',
      reason: 'rollback by carol: bad',
    });
    expect(shifts(lab).slice(before)).toEqual(splits(1_000, 0));
    expect((await said(shop)).filter((what) => what.startsWith('undone'))).toEqual([
      'undone: send all traffic back',
      'undone: make v1 the live release',
      'undone: remove v2 from green',
    ]);
    expect(shop.serving()).toEqual(['blue']);
    await record('deployment-lowered-back', shop.deployment(2));
  });

  test('that turns bad at the lower share goes back by itself and is held', async () => {
    const shop = await underWay(lab, 'bad', 'canary 25 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 25 %');
    lab.watching = (w) =>
      w.phase === 'canary 10 %' ? { verdict: { kind: 'fail', reason: 'errors' } } : undefined;
    await steer(shop, 2, 'promote', 1_000);
    expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2' }]);
  });

  test('told so while it makes a step goes back after that, and does not watch it first', async () => {
    const shop = await underWay(lab, 'amid', 'canary 5 %', 'canary 25 %', 'canary 10 %');
    const before = shifts(lab).length;
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    const { router } = lab.world;
    const [split, step] = [router.split.bind(router), holding()];
    vi.spyOn(router, 'split').mockImplementation(async (t, of, signal) => {
      if (of.shares[of.candidate] === 2_500) await step.meet();
      await split(t, of, signal);
    });
    await steer(shop, 2, 'skip');
    await step.reached;
    expect(await steer(shop, 2, 'promote', 1_000)).toMatchObject({ message: 'it goes down to 10 % now' });
    step.release();
    await shop.watching('canary 10 %');
    expect(phases()).not.toContain('canary 25 %');
    await steer(shop, 2, 'promote');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(splits(500, 2_500, 1_000, FULL));
  });

  test('told to have more is not given fewer when it has made a step meanwhile', async () => {
    const shop = await underWay(lab, 'overtaken', 'canary 5 %', 'canary 25 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    const { nonces } = lab.store;
    const [claim, verified] = [nonces.claim.bind(nonces), holding()];
    vi.spyOn(nonces, 'claim').mockImplementation(async (nonce, by, message) => {
      if (message.endsWith('/1000')) await verified.meet();
      return claim(nonce, by, message);
    });
    const asked = steer(shop, 2, 'promote', 1_000);
    await verified.reached;
    await steer(shop, 2, 'skip');
    await shop.watching('canary 25 %');
    verified.release();
    expect(await asked).toEqual({ status: 'refused', message: 'its share has become 25 % meanwhile' });
    expect((await shop.seen(2)).shares).toMatchObject({ green: 2_500 });
    expect(entries(shop, 'statement.refused')).toMatchObject([
      { details: { statement: 'promote by carol' } },
    ]);
    await shop.rollback();
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
  });
});

describe('paused, fewer users have it now, and it stays paused', () => {
  test('while its share is watched', async () => {
    const shop = await underWay(lab, 'paused-watched', 'canary 25 %', 'paused');
    const input = await shop.begin('v2');
    await shop.watching('canary 25 %');
    const before = shifts(lab).length;
    await steer(shop, 2, 'pause');
    expect(await steer(shop, 2, 'promote', 500)).toEqual({
      status: 'accepted',
      message: 'it goes down to 5 % now, and stays paused',
    });
    await shop.watching('paused');
    expect(await shop.seen(2)).toMatchObject({
      ...{ shares: { blue: 9_500, green: 500 }, waitingFor: { question: 'paused' } },
    });
    expect(shifts(lab).slice(before)).toEqual(splits(500));
    lab.watching = () => undefined;
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(splits(500, 2_500, FULL));
  });

  test('when that is over', async () => {
    const shop = await underWay(lab, 'paused-over', 'canary 25 %', 'paused', 'canary 10 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 25 %');
    await steer(shop, 2, 'pause');
    await steer(shop, 2, 'skip');
    await shop.watching('paused');
    const before = shifts(lab).length;
    await steer(shop, 2, 'promote', 1_000);
    await shop.watching('canary 10 %');
    expect((await shop.seen(2)).waitingFor).toMatchObject({ question: 'paused' });
    await answer(lab, shop, 2, 'reject');
    expect(await shop.ended(input)).toMatchObject({
      outcome: 'rolled_back',
      reason: 'rollback by dave: seen',
    });
    expect(shifts(lab).slice(before)).toEqual(splits(1_000, 0));
    await record('deployment-lowered-paused', shop.deployment(2));
  });
});

test('by a strategy of one’s own it stays at the share for a time, also where its steps pass that at once', async () => {
  const shop = await underWay(lab, 'own', 'own:given 25 %');
  const steps: readonly StrategyStep[] = [
    ...([{ kind: 'shift', share: 500 }, { kind: 'smoke' }] as const),
    ...([
      { kind: 'shift', share: 2_500 },
      { kind: 'watch', ms: 60_000 },
    ] as const),
    { kind: 'shift', share: FULL },
  ];
  const input = await shop.begin('v2', {
    deployment: deploymentPlan({ strategy: { kind: 'own', uses: 'own:given', with: { steps } } }),
  });
  await shop.watching('own:given 25 %');
  const before = shifts(lab).length;
  lab.watching = () => undefined;
  lab.watched.length = 0;
  await steer(shop, 2, 'promote', 1_000);
  expect((await shop.ended(input)).outcome).toBe('shipped');
  expect(shifts(lab).slice(before)).toEqual(splits(1_000, 2_500, FULL));
  expect(phases()).toEqual(['own:given 10 %', 'own:given 25 %', 'bake']);
});

test('fewer users have the flag of a dark release on, and then more by its steps; no user is moved', async () => {
  const shop = await underWay(lab, 'flag', 'checkout 10 %');
  const before = shifts(lab).length;
  const input = await shop.begin('v2', { deployment: DARK });
  await shop.watching('checkout 10 %');
  const seen: string[] = [];
  lab.watching = async ({ phase }) => {
    seen.push(`${phase}: ${String(await checkoutShare(lab, shop))}`);
    return undefined;
  };
  expect(await steer(shop, 2, 'promote', 300)).toEqual({
    status: 'accepted',
    message: 'checkout goes down to 3 % now',
  });
  expect((await shop.ended(input)).outcome).toBe('shipped');
  expect(seen).toEqual(['checkout 3 %: 300', 'checkout 10 %: 1000', 'bake: 10000']);
  expect(shifts(lab).slice(before)).toEqual(splits(FULL));
  expect(await said(shop)).toContain('lowered to 3 % by carol: looking');
  await record('deployment-feature-flag-lowered', shop.deployment(2));
});

test('not where all users have it, nor to a share that nobody has', async () => {
  const shop = await underWay(lab, 'not', 'canary 5 %', 'bake');
  const input = await shop.begin('v2');
  await shop.watching('canary 5 %');
  await expect(steer(shop, 2, 'promote', 500)).rejects.toMatchObject({
    cause: { message: '5 % of the users are with it already' },
  });
  await steer(shop, 2, 'promote');
  await shop.watching('bake');
  await expect(steer(shop, 2, 'promote', 500)).rejects.toMatchObject({
    cause: { message: 'all users are with it already, which shipway rollback takes back' },
  });
  await shop.rollback();
  expect((await shop.ended(input)).outcome).toBe('rolled_back');
});
