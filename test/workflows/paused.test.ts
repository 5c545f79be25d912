import { afterEach, describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import type { WatchResult } from '../../src/domain/watching.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { answer, shifts, steer, underWay } from '../support/steering.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

/** v2 is paused at 5 %, its watch there has ended so, and what it does next waits for a word. */
async function pausedAfterStep(
  service: string,
  said: Partial<WatchResult> = {},
  more: Parameters<typeof deploymentPlan>[0] = {},
) {
  const shop = await underWay(lab, service);
  const step = { end: (): void => undefined };
  const paused = { turn: (): void => undefined };
  lab.watching = (w) => {
    if (w.service !== service) return undefined;
    if (w.phase === 'canary 5 %')
      return new Promise((resolve) => {
        step.end = () => {
          resolve(said);
        };
      });
    if (w.phase !== 'paused') return undefined;
    return new Promise((resolve) => {
      paused.turn = () => {
        resolve({ verdict: { kind: 'fail', reason: 'errors' } });
      };
    });
  };
  const input = await shop.begin('v2', { deployment: deploymentPlan(more) });
  await shop.watching('canary 5 %');
  await steer(shop, 2, 'pause');
  await lab.until(async () => (await shop.seen(2)).waitingFor, 'the question');
  step.end();
  await shop.watching('paused');
  return {
    shop,
    input,
    turn: () => {
      paused.turn();
    },
  };
}

describe('paused after a step', () => {
  test('it goes back when it turns bad, whoever does not answer', async () => {
    const { shop, input, turn } = await pausedAfterStep('turning');
    turn();
    expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
    expect(shop.serving()).toEqual(['blue']);
  });

  test('and promoted it goes to all users when it is resumed, and bakes', async () => {
    const { shop, input } = await pausedAfterStep(
      'then-all',
      {},
      {
        strategy: { kind: 'canary', steps: [500, FULL], stepDurationMs: 1_000 },
      },
    );
    expect((await steer(shop, 2, 'promote')).message).toBe('it goes to 100 % when it is resumed');
    expect((await shop.seen(2)).shares).toMatchObject({ green: 500 });
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect((await shop.deployed(2)).reason).toBe('v2 serves production');
    expect(lab.watched.filter((w) => w.phase === 'bake' && w.service === 'then-all')).toHaveLength(1);
  });

  test('and promoted to less than its next step it goes there, is watched there, and on by its steps', async () => {
    const { shop, input } = await pausedAfterStep('then-less');
    const before = shifts(lab).length;
    await steer(shop, 2, 'promote', 1_000);
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect(shifts(lab).slice(before)).toEqual([
      ...['split green 1000', 'split green 2500', 'split green 10000'],
    ]);
    expect(lab.watched.map((w) => w.phase)).toContain('canary 10 %');
  });

  test('in doubt it cannot be pushed on: resumed it asks', async () => {
    const doubt = { verdict: { kind: 'inconclusive', reason: 'too little' } } as const;
    const { shop, input } = await pausedAfterStep('in-doubt', doubt);
    for (const verb of ['skip', 'promote'] as const)
      await expect(steer(shop, 2, verb)).rejects.toMatchObject({
        cause: { message: 'it asks what is to become of it: approve or reject' },
      });
    await answer(lab, shop, 2, 'approve');
    await shop.reaches(2, 'parked');
    expect((await shop.seen(2)).shares).toMatchObject({ green: 500 });
    await answer(lab, shop, 2, 'reject');
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
  });
});
