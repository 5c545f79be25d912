import { afterEach, describe, expect, test } from 'vitest';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { labOfFile } from '../support/lab.js';
import { deploymentPlan, statement } from '../support/plans.js';
import { calm, phases, thereAndBack } from '../support/phases.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

/** A service whose v1 is live and known good in blue. */
async function settled(service: string): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.world.log.length = 0;
  lab.watched.length = 0;
  return shop;
}

/** v1 is live in blue as if nothing had happened; a person's wish leaves no hold mark, no permit stays open, and the next run is served. */
async function expectUntouched(shop: Story): Promise<void> {
  expect(shop.state()?.live).toMatchObject({ slot: 'blue', release: { version: 'v1' } });
  expect(shop.state()?.knownGood).toMatchObject({ release: { version: 'v1' } });
  expect(shop.state()?.holdMarks).toEqual([]);
  expect([shop.slots(), shop.serving()]).toEqual([['blue'], ['blue']]);
  expect(lab.store.openPermits()).toEqual([]);
  calm(lab);
  expect((await shop.ship('next')).outcome).toBe('shipped');
}

/** v1 and v2 have shipped, and v3 is in its bake. */
async function thirdInBake(shop: Story): Promise<PipelineInput> {
  for (const v of ['v1', 'v2']) expect((await shop.ship(v)).outcome).toBe('shipped');
  lab.watched.length = 0;
  lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
  const input = await shop.begin('v3');
  await shop.watching('bake');
  return input;
}

describe('with a deployment in flight a rollback is a message to it', () => {
  test.each(phases(lab).map((phase) => [phase.name, phase] as const))(
    'in %s: traffic first, then the slot',
    async (_, phase) => {
      const shop = await settled(`in-${phase.name.replaceAll(/[^a-z0-9]/g, '')}`);
      const { input, goOn } = await phase.reach(shop);
      expect(await shop.rollback()).toEqual({ status: 'running', deployment: shop.deployment(2).workflowId });
      goOn?.();
      expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'rollback by carol: bad' });
      expect(lab.world.log).toEqual(thereAndBack(phase));
      expect((await shop.seen(2)).waitingFor).toBeUndefined();
      await record(`deployment-back-${shop.service}`, shop.deployment(2));
      await expectUntouched(shop);
    },
  );

  test('while another run waits behind it, that one is served next', async () => {
    const shop = await settled('behind');
    lab.watching = (w) => (w.phase === 'canary 5 %' ? 'until interrupted' : undefined);
    const [second, third] = [await shop.begin('v2'), await shop.begin('v3')];
    await shop.watching('canary 5 %');
    expect(await shop.queued(third)).toMatch(/^place 1 /);
    lab.watching = () => undefined;
    expect(await shop.rollback()).toMatchObject({ deployment: shop.deployment(2).workflowId });
    expect((await shop.ended(second)).outcome).toBe('rolled_back');
    expect((await shop.ended(third)).outcome).toBe('shipped');
    expect(shop.state()?.live?.release.version).toBe('v3');
    expect([shop.slots(), shop.serving()]).toEqual([['green'], ['green']]);
  });

  test('while the old slot is being removed: it has shipped, and a deployment of its own goes back', async () => {
    const shop = await settled('retiring');
    const begun = lab.world.stall('remove', true);
    const input = await shop.begin('v2');
    await lab.until(() => Promise.resolve(begun() > 0 || undefined), 'the removal');
    lab.world.stall('remove', false);
    const back = () => shop.rollback({ requestId: 'back' });
    expect(await back()).toMatchObject({ status: 'running', deployment: shop.deployment(2).workflowId });
    expect((await shop.ended(input)).outcome).toBe('shipped');
    expect((await shop.deployed(3)).outcome).toBe('shipped');
    expect(await back()).toMatchObject({ status: 'finished', deployment: shop.deployment(3).workflowId });
    expect(lab.world.log.slice(-3)).toEqual(['ensure blue v1', 'split blue 10000', 'remove green']);
    await expectUntouched(shop);
  });
});

describe('on an idle target a rollback is a deployment of its own', () => {
  const environment = (value: string) => {
    const plain = deploymentPlan();
    return {
      deployment: { ...plain, configuration: { ...plain.configuration, environment: { MODE: value } } },
    };
  };

  test('to the newest good release with its configuration; twice goes back further', async () => {
    const shop = story(lab, 'idle');
    for (const v of ['v1', 'v2', 'v3']) expect((await shop.ship(v, environment(v))).outcome).toBe('shipped');
    lab.world.log.length = 0;
    const answer = await shop.rollback({ requestId: 'first' });
    expect(answer).toEqual({ status: 'running', deployment: shop.deployment(4).workflowId });
    expect((await shop.deployed(4)).outcome).toBe('shipped');
    expect(lab.world.log).toEqual(['ensure green v2', 'split green 10000', 'remove blue']);
    expect(shop.state()?.live).toMatchObject({
      slot: 'green',
      release: { version: 'v2' },
      configuration: { environment: { MODE: 'v2' } },
    });
    const repeated = await shop.rollback({ requestId: 'first' });
    expect(repeated).toMatchObject({ status: 'finished', deployment: shop.deployment(4).workflowId });
    await shop.rollback({ requestId: 'second' });
    expect((await shop.deployed(5)).outcome).toBe('shipped');
    expect(shop.state()?.live?.release.version).toBe('v1');
    expect(await shop.rollback()).toMatchObject({ status: 'refused', type: 'rollback.impossible' });
    expect(lab.store.openPermits()).toEqual([]);
    await record('deployment-rollback', shop.deployment(4));
    await record('target-rollbacks', shop.target());
  });

  test('to the version that was named; an unknown one is refused with those there are', async () => {
    const shop = story(lab, 'named');
    for (const v of ['v1', 'v2', 'v3']) expect((await shop.ship(v)).outcome).toBe('shipped');
    expect(await shop.rollback({ to: 'v9' })).toMatchObject({
      status: 'refused',
      type: 'rollback.impossible',
      message: 'named in production has no known good release v9; known good beside the live one: v2, v1',
    });
    expect(await shop.rollback({ to: 'v3' })).toMatchObject({
      status: 'refused',
      message: 'v3 of named is live in production now; known good beside the live one: v2, v1',
    });
    expect(await shop.rollback({ to: 'v1' })).toMatchObject({ status: 'running' });
    expect((await shop.deployed(4)).outcome).toBe('shipped');
    expect(shop.state()?.live?.release.version).toBe('v1');
  });

  test('a version named while another is deployed is gone to once that has gone back', async () => {
    const shop = story(lab, 'further');
    const input = await thirdInBake(shop);
    await shop.rollback({ to: 'v1', requestId: 'far' });
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect((await shop.deployed(4)).outcome).toBe('shipped');
    expect(shop.state()?.live?.release.version).toBe('v1');
  });

  test('two at once on one deployment: each is answered, and what the first did not do is done next', async () => {
    const shop = story(lab, 'both');
    const input = await thirdInBake(shop);
    await shop.rollback({ to: 'v1', requestId: 'far' });
    await shop.rollback({ requestId: 'near' });
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect((await shop.deployed(4)).outcome).toBe('shipped');
    expect(shop.state()?.live?.release.version).toBe('v1');
    expect(await shop.rollback({ requestId: 'near' })).toMatchObject({
      deployment: shop.deployment(3).workflowId,
      outcome: 'rolled_back',
    });
    expect(await shop.rollback({ to: 'v1', requestId: 'far' })).toMatchObject({
      deployment: shop.deployment(4).workflowId,
      outcome: 'shipped',
    });
  });

  test('while another rollback runs it is answered with that one', async () => {
    const shop = story(lab, 'twice');
    for (const v of ['v1', 'v2']) expect((await shop.ship(v)).outcome).toBe('shipped');
    const begun = lab.world.stall('ensure', true);
    const [first, second] = [await shop.rollback(), await shop.rollback()];
    expect(second).toEqual(first);
    await lab.until(() => Promise.resolve(begun() > 0 || undefined), 'starting instances');
    await shop.deployment(3).terminate('as if lost');
    lab.world.stall('ensure', false);
  });

  test('is refused without a first release, and with a statement about something else', async () => {
    const shop = await settled('refused');
    expect(await shop.rollback()).toMatchObject({ status: 'refused', type: 'rollback.impossible' });
    const other = shop.rollback({ statement: statement('carol', 'approve', 'target/refused/production') });
    await expect(other).rejects.toMatchObject({
      cause: { message: 'this takes a statement with verb rollback, not approve' },
    });
    const elsewhere = shop.rollback({ statement: statement('carol', 'rollback', 'target/idle/production') });
    await expect(elsewhere).rejects.toMatchObject({
      cause: {
        message: 'the statement is about target/idle/production, not about target/refused/production',
      },
    });
    expect(lab.world.log).toEqual([]);
  });
});
