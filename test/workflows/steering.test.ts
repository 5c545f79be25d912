import { afterEach, describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { answer, shifts, steer, underWay } from '../support/steering.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

describe('paused', () => {
  test('it makes no step, is watched, asks who resumes it, and goes on then', async () => {
    const shop = await underWay(lab, 'paused', 'paused');
    const holding = { end: (): void => undefined };
    lab.watching = (w) =>
      w.service !== 'paused'
        ? undefined
        : w.phase === 'paused'
          ? 'until interrupted'
          : w.phase === 'canary 5 %'
            ? new Promise(
                (resolve) =>
                  (holding.end = () => {
                    resolve({});
                  }),
              )
            : undefined;
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    expect(await steer(shop, 2, 'pause')).toEqual({
      status: 'accepted',
      message: 'paused; v2 makes no step forward',
    });
    expect((await lab.until(async () => (await shop.seen(2)).waitingFor, 'the question')).title).toBe(
      'paused v2 → production is paused by carol: looking. approve: go on; reject: go back',
    );
    await expect(steer(shop, 2, 'pause')).rejects.toMatchObject({
      cause: { message: 'it is paused already' },
    });
    holding.end();
    await shop.watching('paused');
    expect((await shop.seen(2)).shares).toMatchObject({ green: 500 });
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    const { timeline } = await shop.seen(2);
    expect(timeline.map((t) => t.what)).toEqual(
      expect.arrayContaining(['paused by carol: looking', 'resumed by dave']),
    );
    await record('deployment-paused', shop.deployment(2));
  });

  test('and rejected it goes back at once', async () => {
    const shop = await underWay(lab, 'paused-no', 'canary 5 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    await steer(shop, 2, 'pause');
    await answer(lab, shop, 2, 'reject');
    expect(await shop.ended(input)).toMatchObject({
      outcome: 'rolled_back',
      reason: 'rollback by dave: seen',
    });
    expect(shop.state()?.holdMarks).toEqual([]);
    expect(shop.serving()).toEqual(['blue']);
  });

  test('it goes back when its candidate turns bad, and asks nobody any more', async () => {
    const shop = await underWay(lab, 'paused-bad');
    const turning = { bad: (): void => undefined };
    lab.watching = (w) =>
      w.service === 'paused-bad' && w.phase === 'canary 5 %'
        ? new Promise(
            (resolve) =>
              (turning.bad = () => {
                resolve({ verdict: { kind: 'fail', reason: 'errors' } });
              }),
          )
        : undefined;
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    await steer(shop, 2, 'pause');
    await lab.until(async () => (await shop.seen(2)).waitingFor, 'the question');
    turning.bad();
    expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    expect((await shop.seen(2)).waitingFor).toBeUndefined();
    const closed = lab.store
      .entries()
      .filter(
        (e) =>
          e.event_type === 'gate.closed' && e.service === 'paused-bad' && e.details['question'] === 'paused',
      );
    expect(closed.map((e) => e.details['verdict'])).toEqual(['withdrawn']);
  });
});

describe('promoted', () => {
  test('to all users it skips the steps between', async () => {
    const shop = await underWay(lab, 'all', 'canary 5 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    const before = shifts(lab).length;
    expect(await steer(shop, 2, 'promote')).toEqual({ status: 'accepted', message: 'it goes to 100 % now' });
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(['split green 10000']);
    await record('deployment-promoted', shop.deployment(2));
  });

  test('to a share it is watched there, and goes on by its steps', async () => {
    const shop = await underWay(lab, 'share', 'canary 5 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    const before = shifts(lab).length;
    await steer(shop, 2, 'promote', 1_000);
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual(['split green 1000', 'split green 2500', 'split green 10000']);
    expect(lab.watched.map((w) => w.phase)).toContain('canary 10 %');
  });

  test('not where all users are moved at once, nor when they are there, nor to a share that is no more', async () => {
    const shop = await underWay(lab, 'not', 'bake');
    const input = await shop.begin('v2', {
      deployment: deploymentPlan({ strategy: { kind: 'canary', steps: [500, FULL], stepDurationMs: 1_000 } }),
    });
    await shop.watching('bake');
    await expect(steer(shop, 2, 'promote')).rejects.toMatchObject({
      cause: { message: 'all users are with it already' },
    });
    await shop.rollback();
    await shop.ended(input);
    await expect(steer(shop, 2, 'skip')).rejects.toThrow();
  });
});

describe('skipped', () => {
  test('a step ends, and the next one begins', async () => {
    const shop = await underWay(lab, 'step', 'canary 5 %');
    const input = await shop.begin('v2');
    await shop.watching('canary 5 %');
    expect(await steer(shop, 2, 'skip')).toEqual({
      status: 'accepted',
      message: 'canary 5 % is over; it goes on now',
    });
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(lab.watched.map((w) => w.phase)).toContain('canary 25 %');
  });

  test('a bake ends, and its release is known good by that word', async () => {
    const shop = await underWay(lab, 'bake', 'bake');
    const input = await shop.begin('v2');
    await shop.watching('bake');
    await steer(shop, 2, 'skip');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect((await shop.deployed(2)).reason).toMatch(/; its bake was cut short after \d+ s by carol$/);
    expect(shop.state()?.knownGood?.release.version).toBe('v2');
  });
});
