import { afterEach, describe, expect, test } from 'vitest';
import { MESSAGES, type Accepted } from '../../src/domain/messages.js';
import type { WaitingFor } from '../../src/domain/view.js';
import { labOfFile } from '../support/lab.js';
import { statement } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile('time skipping');
afterEach(() => {
  lab.store.away(0);
  for (const operation of ['split', 'remove', 'close']) lab.world.fail(operation, undefined);
  lab.watching = () => undefined;
});

/** The newest deployment of `shop` has turned bad in its bake, just when `operation` stopped working. */
async function stuck(shop: Story, n: number, operation: string) {
  lab.world.log.length = 0;
  lab.watching = (w) => {
    if (w.phase !== 'bake') return undefined;
    lab.world.fail(operation, 'router.refused');
    return { verdict: { kind: 'fail', reason: 'errors' } };
  };
  const input = await shop.begin('bad');
  const asked = await lab.until(
    async () => (await shop.seen(n).catch(() => undefined))?.waitingFor,
    'the question',
  );
  return { input, asked };
}

const answer = (shop: Story, n: number, verb: 'approve' | 'reject', asked: WaitingFor): Promise<Accepted> => {
  const s = statement('carol', verb, asked.decision ?? '');
  return shop.deployment(n).executeUpdate<Accepted, [typeof s]>(MESSAGES[verb], { args: [s] });
};

describe('what could not be undone is named, and a person decides', () => {
  const TRAFFIC = 'send all traffic back (split was made to fail)';
  test.each([
    // A slot is not taken away from the users that it still has.
    ['split', `${TRAFFIC}; remove bad from green (green has a share)`, [], ['split green 0', 'remove green']],
    ['remove', 'remove bad from green (remove was made to fail)', ['split green 0'], ['remove green']],
  ])('%s fails: the other undos ran; approve tries just that again', async (operation, what, done, left) => {
    const shop = story(lab, `retry-${operation}`);
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    const { input, asked } = await stuck(shop, 2, operation);
    expect(asked).toMatchObject({
      question: 'undo_incomplete',
      title: `could not be undone: ${what}. approve: try again; reject: leave it so`,
    });
    expect(lab.world.log.slice(4)).toEqual(done);
    expect([shop.slots(), shop.serving()]).toEqual([
      ['blue', 'green'],
      [operation === 'split' ? 'green' : 'blue'],
    ]);
    expect(shop.state()?.live?.release.version).toBe('v1');

    expect((await answer(shop, 2, 'approve', asked)).status).toBe('accepted');
    const again = await lab.until(async () => {
      const waiting = (await shop.seen(2)).waitingFor;
      return waiting?.decision === asked.decision ? undefined : waiting;
    }, 'the question again');
    lab.world.log.length = 0;
    lab.world.fail(operation, undefined);
    await answer(shop, 2, 'approve', again);
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
    expect(lab.world.log).toEqual(left);
    expect(shop.slots()).toEqual(['blue']);
    await record(`deployment-undo-incomplete-${operation}`, shop.deployment(2));
    expect(lab.store.openPermits()).toEqual([]);
  });

  test('reject leaves it, and the end says so', async () => {
    const shop = story(lab, 'leave');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    const { input, asked } = await stuck(shop, 2, 'remove');
    await answer(shop, 2, 'reject', asked);
    const left = 'remove bad from green (remove was made to fail)';
    expect(await shop.ended(input)).toEqual({
      outcome: 'rolled_back',
      reason: `errors; not undone: ${left}`,
    });
    const timeline = (await shop.seen(2)).timeline.map((t) => t.what);
    expect(timeline).toContain(`left as it is by carol: ${left}`);
    expect(shop.slots()).toEqual(['blue', 'green']);
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'bad' }]);
    lab.world.fail('remove', undefined);
    lab.watching = () => undefined;
    expect((await shop.ship('v3')).outcome).toBe('shipped');
  });

  test('a first deployment whose address does not close', async () => {
    const shop = story(lab, 'first');
    const { input, asked } = await stuck(shop, 1, 'close');
    expect(asked.title).toContain('remove bad from blue (close was made to fail)');
    expect(asked.title).toContain('send all traffic back (close was made to fail)');
    lab.world.fail('close', undefined);
    await answer(shop, 1, 'approve', asked);
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect(shop.state()?.live).toBeUndefined();
    expect(shop.slots()).toEqual([]);
  });

  test('a rollback or an abort meanwhile changes nothing: it goes back already', async () => {
    const shop = story(lab, 'meanwhile');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    const { input, asked } = await stuck(shop, 2, 'remove');
    expect(await shop.rollback()).toMatchObject({ status: 'running' });
    expect((await shop.seen(2)).waitingFor?.decision).toBe(asked.decision);
    lab.world.fail('remove', undefined);
    await answer(shop, 2, 'approve', asked);
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
  });
});

describe('nobody is asked about a store that is away', () => {
  test.each([
    [
      'the record',
      () => {
        lab.store.away(45, 'targets.save');
      },
    ],
    [
      'the permit of a way back',
      () => {
        lab.world.fail('remove', 'store.unavailable', 45);
      },
    ],
  ])('%s', async (_, goesAway) => {
    const shop = story(lab, `nobody-${_.split(' ').at(-1) ?? ''}`);
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    lab.watching = (w) => {
      if (w.phase !== 'bake') return undefined;
      goesAway();
      return { verdict: { kind: 'fail', reason: 'errors' } };
    };
    const input = await shop.begin('v2');
    await shop.watching('bake');
    await lab.env.sleep('1h');
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
    expect(shop.state()?.live?.release.version).toBe('v1');
    expect(shop.slots()).toEqual(['blue']);
    const asked = lab.store
      .entries()
      .filter((e) => e.event_type === 'gate.opened' && e.service === shop.service);
    expect(asked.map((e) => e.details['question'])).toEqual(['approval', 'approval']);
  });
});
