import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { QUEUES, deploymentId, targetId } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { TargetAnswer, TargetState } from '../../src/domain/target.js';
import { HOST, labOfFile } from '../support/lab.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';
import { DARK, checkoutShare, flagAtSplits } from '../support/dark.js';
import { requestFor } from '../support/plans.js';

const lab = await labOfFile('real');
afterEach(() => {
  lab.watching = () => undefined;
  lab.world.stall('ensure', false);
  vi.restoreAllMocks();
});

/** v1 is live; v2 is in `phase`, and stays there until it is let go on. */
async function under(service: string, phase: string, more?: Parameters<Story['begin']>[1]) {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  [lab.watched.length, lab.world.log.length] = [0, 0];
  let goOn = (): void => undefined;
  const held = new Promise<undefined>((resolve) => {
    goOn = () => {
      resolve(undefined);
    };
  });
  lab.watching = (w) => (w.service === service && w.phase === phase ? held : undefined);
  const input = await shop.begin('v2', more);
  await shop.watching(phase);
  return { shop, input, goOn };
}

const LOST = 'it ended without an outcome; the target was put back to what is known good';

function expectBack(shop: Story): void {
  expect(shop.state()?.live).toMatchObject({ slot: 'blue', release: { version: 'v1' } });
  expect(lab.world.routes.get(`${shop.service}/production/`)?.shares).toMatchObject({ blue: 10_000 });
  expect(shop.slots()).toEqual(['blue']);
  expect(lab.store.openPermits()).toEqual([]);
  expect(lab.store.rows().filter((r) => r.service === shop.service && r.outcome === undefined)).toEqual([]);
}

describe('a deployment that is terminated by hand', () => {
  test.each(['canary 25 %', 'bake'])('in %s: the target puts the world right', async (phase) => {
    const { shop, input } = await under(`lost-${phase === 'bake' ? 'bake' : 'canary'}`, phase);
    await shop.deployment(2).terminate('by hand');
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: LOST });
    expect(lab.world.log.slice(-3)).toEqual(['ensure blue v1', 'split blue 10000', 'remove green']);
    expectBack(shop);
    await record(`deployment-recover-${shop.service}`, shop.deployment(3));
    await record(`target-${shop.service}`, shop.target());
    lab.watching = () => undefined;
    expect((await shop.ship('v3')).outcome).toBe('shipped');
  });

  test('amid the ramp of a flag: that is off, and before users are put back', async () => {
    const { shop, input } = await under('lost-flag', 'checkout 10 %', { deployment: DARK });
    expect(await checkoutShare(lab, shop)).toBe(1_000);
    const seen = flagAtSplits(lab, shop);
    await shop.deployment(2).terminate('by hand');
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: LOST });
    expect([seen, await checkoutShare(lab, shop)]).toEqual([[undefined], undefined]);
    expectBack(shop);
  });

  test('and whose recovery is terminated too: it is recovered again', async () => {
    const { shop, input } = await under('lost-twice', 'bake');
    const begun = lab.world.stall('ensure', true);
    await shop.deployment(2).terminate('by hand');
    await lab.until(() => Promise.resolve(begun() > 0 || undefined), 'the recovery');
    await shop.deployment(3).terminate('by hand, again');
    lab.world.stall('ensure', false);
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: LOST });
    expectBack(shop);
  });

  test('a first one: what it left is taken away', async () => {
    const shop = story(lab, 'lost-first');
    lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
    lab.watched.length = 0;
    const input = await shop.begin('v1');
    await shop.watching('bake');
    await shop.deployment(1).terminate('by hand');
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect(shop.state()?.live).toBeUndefined();
    expect(shop.slots()).toEqual([]);
  });
});

describe('a target that is terminated while a deployment runs', () => {
  test('the deployment goes on; the next request starts the target, which takes it over', async () => {
    const { shop, input, goOn } = await under('no-target', 'bake');
    await shop.target().terminate('by hand');
    const third = await shop.begin('v3');
    expect(await shop.queued(third)).toBe(`place 1 behind ${shop.deployment(2).workflowId}`);
    expect((await shop.deployment(2).describe()).status.name).toBe('RUNNING');
    goOn();
    expect(await shop.ended(input)).toMatchObject({ outcome: 'shipped' });
    await record('target-adopts', shop.target());
    expect((await shop.ended(third)).outcome).toBe('shipped');
  });

  test('a rollback reaches the deployment through the new target', async () => {
    const { shop, input } = await under('back-through', 'canary 5 %');
    await shop.target().terminate('by hand');
    await lab.ask(requestFor(shop.service, 'production', 'v9', 'other'));
    expect(await shop.rollback()).toMatchObject({ deployment: shop.deployment(2).workflowId });
    expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back' });
    expectBack(shop);
  });

  test('an abort starts it again, so that the deployment is told', async () => {
    const { shop, input } = await under('abort-through', 'canary 5 %');
    await shop.target().terminate('by hand');
    await shop.pipeline(input).cancel();
    expect((await shop.ended(input)).outcome).toBe('aborted');
    expectBack(shop);
  });
});

test('a pipeline that is terminated while it deploys: the deployment ends, and the next run is served', async () => {
  const { shop, input, goOn } = await under('no-pipeline', 'canary 5 %');
  await shop.pipeline(input).terminate('by hand');
  goOn();
  expect((await shop.deployed(2)).outcome).toBe('shipped');
  lab.watching = () => undefined;
  expect((await shop.ship('v3')).outcome).toBe('shipped');
});

test('a run that is cancelled while the target does not answer: what the target hears later is not deployed', async () => {
  const shop = story(lab, 'unheard');
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.world.log.length = 0;
  const asked = lab.store.block('deployments.findByRequest');
  const input = await shop.begin('v2');
  await asked.reached;
  await shop.pipeline(input).cancel();
  // The attempt that asked is waited for first.
  await shop.heard(MESSAGES.withdraw, 25_000);
  asked.release();
  expect((await shop.ended(input)).outcome).toBe('aborted');
  const ref = { service: shop.service, environment: 'production' };
  expect(await lab.store.requests.answer(ref, `${input.run}/deploy/1`)).toMatchObject({
    ...{ outcome: 'aborted', reason: 'the run was cancelled' },
  });
  await shop.ship('v3');
  expect(
    lab.store
      .rows()
      .filter((r) => r.service === shop.service)
      .map((r) => r.release.version),
  ).toEqual(['v1', 'v3']);
});

describe('what is started by hand moves nothing', () => {
  const forged = (service: string, n: number): DeploymentInput => {
    const { release, plan, requestId } = requestFor(service, 'production', 'evil', 'forged');
    const id = deploymentId({ service, environment: 'production' }, n);
    return {
      ...{ service, environment: 'production', id, kind: 'deploy', requestId, requestedBy: 'mallory' },
      ...{ release, plan, candidate: 'blue', host: HOST },
    };
  };
  const startByHand = (input: DeploymentInput) =>
    lab.client.workflow.start('deployment', {
      workflowId: input.id,
      taskQueue: QUEUES.control,
      args: [input],
    });

  test('a deployment that nobody admitted, and one whose permit was closed', async () => {
    const shop = story(lab, 'forged');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    lab.world.log.length = 0;
    for (const n of [7, 1]) {
      const handle = await startByHand(forged(shop.service, n));
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'permit.missing' } });
    }
    expect(lab.world.log).toEqual([]);
    expect(shop.state()?.live?.release.version).toBe('v1');
    await shop.target().signal('nonsense');
    expect((await shop.ship('v2')).outcome).toBe('shipped');
  });

  test.each([
    ['pipeline', {}],
    ['pipeline', { run: 'v1', plan: { service: 'shop', stages: [null] } }],
    ['pipeline', undefined],
    ['deployment', {}],
    ['target', undefined],
    ['target', {}],
    ['target', { service: 'shop', environment: 'staging', rollbacks: 5 }],
  ])('a %s with the input %j has nothing to begin with', async (type, input) => {
    const handle = await lab.client.workflow.start(type, {
      workflowId: `${type}/by-hand/${randomUUID()}`,
      taskQueue: QUEUES.control,
      args: input === undefined ? [] : [input],
    });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'permit.missing' } });
  });

  test('a target under another name may not admit', async () => {
    const shop = story(lab, 'other-name');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    lab.world.log.length = 0;
    const ref = { service: shop.service, environment: 'production' };
    const handle = await lab.client.workflow.start('target', {
      workflowId: 'target/of-mallory',
      taskQueue: QUEUES.control,
      args: [ref],
    });
    const request = requestFor(ref.service, ref.environment, 'evil', 'forged');
    const ask = () =>
      handle.executeUpdate<TargetAnswer, [typeof request]>(MESSAGES.request, { args: [request] });
    await ask();
    const answer = await lab.until(async () => {
      const a = await ask();
      return a.status === 'refused' ? a : undefined;
    }, 'an answer');
    expect(answer).toMatchObject({
      type: 'permit.missing',
      message: `only ${targetId(ref)} admits its deployments, not target/of-mallory`,
    });
    expect(lab.world.log).toEqual([]);
    const state: TargetState | undefined = shop.state();
    expect(state?.nextN).toBe(2);
  });

  test('a request for a protected environment without approvals', async () => {
    const request = requestFor('unapproved', 'production', 'evil', 'forged');
    const answer = await lab.until(async () => {
      const a = await lab.ask(request);
      return a.status === 'refused' ? a : undefined;
    }, 'an answer');
    expect(answer).toMatchObject({ type: 'approval.missing' });
  });
});
