import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../support/lab.js';
import { story, type Story } from '../support/story.js';

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(async () => {
  await lab.stop();
  lab.world.close();
});
afterEach(() => {
  lab.watching = () => undefined;
  lab.watched.length = 0;
  lab.world.log.length = 0;
});

/** A service whose v1 is live and known good in blue. */
async function settled(service: string): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.world.log.length = 0;
  lab.watched.length = 0;
  return shop;
}

/** v1 is live in blue as if nothing had happened; a person's wish leaves no hold mark, and no permit stays open. */
function expectUntouched(shop: Story): void {
  expect(shop.state()?.live).toMatchObject({ slot: 'blue', release: { version: 'v1' } });
  expect(shop.state()?.knownGood).toMatchObject({ release: { version: 'v1' } });
  expect(shop.state()?.holdMarks).toEqual([]);
  expect(shop.slots()).toEqual(['blue']);
  expect(lab.store.openPermits()).toEqual([]);
}

describe('with a deployment in flight a rollback is a message to it', () => {
  test('while instances start: nothing has served, the slot goes', async () => {
    const shop = await settled('provisioning');
    const begun = lab.world.stall('ensure', true);
    const input = await shop.begin('v2');
    await lab.until(() => Promise.resolve(begun() > 0 || undefined), 'starting instances');
    expect(await shop.rollback()).toEqual({ status: 'running', deployment: shop.deployment(2).workflowId });
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'rollback by carol: bad' });
    lab.world.stall('ensure', false);
    expect(lab.world.log).toEqual(['remove green']);
    expectUntouched(shop);
  });

  test.each([
    ['canary 5 %', ['split green 500']],
    ['canary 25 %', ['split green 500', 'split green 2500']],
    ['bake', ['split green 500', 'split green 2500', 'split green 10000']],
  ])('in %s: traffic first, then the slot', async (phase, shifted) => {
    const shop = await settled(`in-${phase.replaceAll(/[^a-z0-9]/g, '')}`);
    lab.watching = (w) => (w.phase === phase ? 'until interrupted' : undefined);
    const input = await shop.begin('v2');
    await shop.watching(phase);
    expect(await shop.rollback()).toMatchObject({ status: 'running' });
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'rollback by carol: bad' });
    expect(lab.world.log).toEqual(['ensure green v2', ...shifted, 'split green 0', 'remove green']);
    expectUntouched(shop);
  });
});
