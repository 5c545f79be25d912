import { afterEach, describe, expect, test } from 'vitest';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { bakes, by } from '../support/queueing.js';
import { record } from '../support/record.js';
import { story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});
const DAY_MS = 86_400_000;

describe('a bake', () => {
  test('that has lasted its least time ends for a run that asks for it, and its release is known good', async () => {
    const shop = story(lab, 'cut');
    bakes(lab, 'cut', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: 0 }, DAY_MS));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ duringBake: 'supersede' }));
    expect(await shop.ended(first)).toMatchObject({ outcome: 'shipped' });
    const { reason } = await shop.deployed(1);
    expect(reason).toMatch(
      new RegExp(`^v1 serves production; its bake was cut short after \\d+ s for v2 of run ${second.run}$`),
    );
    expect(await shop.ended(second)).toMatchObject({ outcome: 'shipped' });
    expect(shop.state()).toMatchObject({ knownGood: { release: { version: 'v2' } }, holdMarks: [] });
    await record('deployment-bake-cut', shop.deployment(1));
  });

  test('ends for a run that has asked before it began', async () => {
    const shop = story(lab, 'asked-before');
    expect((await shop.ship('v1', by({}))).outcome).toBe('shipped');
    const step = { end: (): void => undefined };
    lab.watching = (w) => {
      if (w.service !== 'asked-before') return undefined;
      if (w.phase === 'canary 5 %')
        return new Promise((resolve) => {
          step.end = () => {
            resolve({});
          };
        });
      const over = w.until !== undefined && w.until <= w.from;
      return w.phase === 'bake' && !over ? 'until interrupted' : undefined;
    };
    const { deployment } = by({ minBakeMs: 0 }, DAY_MS);
    const canary = { kind: 'canary', steps: [500, 10_000], stepDurationMs: 1_000 } as const;
    const second = await shop.begin('v2', { deployment: { ...deployment, strategy: canary } });
    await shop.watching('canary 5 %');
    const third = await shop.begin('v3', by({ duringBake: 'supersede' }));
    await shop.queued(third);
    step.end();
    expect((await shop.ended(second)).outcome).toBe('shipped');
    expect((await shop.deployed(2)).reason).toContain(`for v3 of run ${third.run}`);
  });

  test('is watched while the store cannot say who waits, and goes back when it turns bad', async () => {
    const shop = story(lab, 'store-away');
    const baking = { turn: (): void => undefined };
    lab.watching = (w) =>
      w.service === 'store-away' && w.phase === 'bake'
        ? new Promise((resolve) => {
            baking.turn = () => {
              resolve({ verdict: { kind: 'fail', reason: 'errors' } });
            };
          })
        : undefined;
    const first = await shop.begin('v1', by({ minBakeMs: 0 }, DAY_MS));
    await shop.watching('bake');
    lab.store.away(1_000, 'requests.waiting');
    await shop.begin('v2', by({ duringBake: 'supersede' }));
    await lab.until(async () => {
      const { raw } = await shop.deployment(1).describe();
      return raw.pendingActivities?.some((a) => a.activityType?.name === 'nextInQueue') === true || undefined;
    }, 'the store to be asked');
    baking.turn();
    expect(await shop.ended(first)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    lab.store.away(0);
  });

  test('lasts its least time before', async () => {
    const shop = story(lab, 'least');
    bakes(lab, 'least', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: DAY_MS }, 2 * DAY_MS));
    await shop.watching('bake');
    await shop.begin('v2', by({ duringBake: 'supersede' }));
    const baked = await lab.until(() => {
      const found = lab.watched.filter((w) => w.service === 'least' && w.phase === 'bake');
      return Promise.resolve(found.length > 1 ? found : undefined);
    }, 'the watch until the least time');
    const lengths = baked.map(({ from, until = 0 }) => Math.round((until - from) / DAY_MS));
    expect(lengths).toEqual([2, 1]);
    expect((await shop.seen(1)).timeline.at(-1)?.what).toMatch(/^v2 of run .* waits for the bake$/);
    expect(await shop.status(first)).toBe('RUNNING');
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('is as long as it was when whoever waited for its end waits no more', async () => {
    const shop = story(lab, 'taken-back');
    bakes(lab, 'taken-back', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: DAY_MS }, 2 * DAY_MS));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ duringBake: 'supersede' }));
    const watches = (n: number) =>
      lab.until(
        () => {
          const found = lab.watched.filter((w) => w.service === 'taken-back' && w.phase === 'bake');
          return Promise.resolve(found.length >= n ? found : undefined);
        },
        `${String(n)} watches`,
      );
    await watches(2);
    await shop.pipeline(second).cancel();
    const lengths = (await watches(3)).map(({ from, until = 0 }) => Math.round((until - from) / DAY_MS));
    expect(lengths).toEqual([2, 1, 2]);
    expect((await shop.seen(1)).timeline.at(-1)?.what).toBe('nobody waits for the bake any more');
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('in doubt at its least time is held like every other: a person is asked', async () => {
    const shop = story(lab, 'doubt');
    lab.watching = (w) => {
      if (w.service !== 'doubt' || w.phase === 'parked')
        return w.phase === 'parked' ? 'until interrupted' : undefined;
      const over = w.until !== undefined && w.until <= w.from;
      return over ? { verdict: { kind: 'unavailable', reason: 'nobody answers' } } : 'until interrupted';
    };
    const first = await shop.begin('v1', by({ minBakeMs: 0 }, DAY_MS));
    await shop.watching('bake');
    await shop.begin('v2', by({ duringBake: 'supersede' }));
    await shop.reaches(1, 'parked');
    expect((await shop.seen(1)).waitingFor?.title).toMatch(/^bake is unavailable: nobody answers/);
    expect(shop.state()?.knownGood).toBeUndefined();
    calm(lab);
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('goes on for a run that waits for all of it', async () => {
    const shop = story(lab, 'patient');
    bakes(lab, 'patient', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: 0 }, DAY_MS));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ duringBake: 'queue' }));
    await shop.queued(second);
    expect(await shop.status(first)).toBe('RUNNING');
    expect((await shop.seen(1)).phase).toBe('bake');
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('of a release that turns bad while another waits goes back, and is held', async () => {
    const shop = story(lab, 'turned');
    let turn = (): void => undefined;
    lab.watching = (w) =>
      w.service === 'turned' && w.phase === 'bake'
        ? new Promise((resolve) => {
            turn = () => {
              resolve({ verdict: { kind: 'fail', reason: 'errors' } });
            };
          })
        : undefined;
    const first = await shop.begin('v1', by({ minBakeMs: DAY_MS }, 2 * DAY_MS));
    await shop.watching('bake');
    await shop.begin('v2', by({ duringBake: 'supersede', policy: 'supersede' }));
    turn();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
    expect(shop.state()?.holdMarks.map((m) => m.version)).toEqual(['v1']);
  });
});
