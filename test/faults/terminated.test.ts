import { expect, test } from 'vitest';
import type { TargetView } from '../../src/domain/view.js';
import { until } from '../gateway/lab.js';
import { service, type Service } from './service.js';
import { LONG, labOfFile, nextShips, reached, terminate, type Phase } from './terminating.js';

const lab = await labOfFile();

const MANY_MS = 480_000;

/** v1 serves and v2 is in this phase. Answers the run of v2. */
async function inPhase(shop: Service, phase: Phase): Promise<string> {
  expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', LONG);
  await reached(shop, 2, phase);
  return run;
}

/** v2 is in its canary and v3 waits behind it. Answers both runs. */
async function queued(shop: Service): Promise<readonly [string, string]> {
  const run = await inPhase(shop, 'canary');
  const behind = await shop.begin('v3');
  await until(
    async () => {
      const seen = await lab.client.view<TargetView>(`target/${shop.name}/staging`);
      return seen?.view?.queue.length === 1;
    },
    120_000,
    100,
  );
  return [run, behind];
}

test.concurrent.each(['canary', 'bake'] as const)(
  'target, in %s',
  async (phase) => {
    const shop = service(lab, `target-${phase}`);
    const run = await inPhase(shop, phase);
    await terminate(shop, 'target');
    await nextShips(shop, 'v3');
    expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1, v3: 1 });
  },
  MANY_MS,
);

test.concurrent(
  'target, with a run in its queue',
  async () => {
    const shop = service(lab, 'target-queued');
    const [run, behind] = await queued(shop);
    await terminate(shop, 'target');
    expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
    expect(await shop.ended(behind)).toMatchObject({ outcome: 'shipped' });
    await shop.serves('v3');
    await nextShips(shop, 'v4');
  },
  MANY_MS,
);

test.concurrent.each(['canary', 'bake'] as const)(
  'pipeline, in %s',
  async (phase) => {
    const shop = service(lab, `pipeline-${phase}`);
    const run = await inPhase(shop, phase);
    await terminate(shop, { run });
    await nextShips(shop, 'v3');
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1, v3: 1 });
  },
  MANY_MS,
);

test.concurrent(
  'pipeline, in the queue',
  async () => {
    const shop = service(lab, 'pipeline-queued');
    const [run, behind] = await queued(shop);
    await terminate(shop, { run: behind });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
    await nextShips(shop, 'v4');
  },
  MANY_MS,
);

test.concurrent.each(['canary', 'bake'] as const)(
  'deployment, in %s',
  async (phase) => {
    const shop = service(lab, `deployment-${phase}`);
    const run = await inPhase(shop, phase);
    const [stable] = await shop.instances();
    await terminate(shop, { n: 2 });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1');
    expect(await shop.instances()).toEqual([stable]);
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);

test.concurrent(
  'deployment, while its instance starts',
  async () => {
    const shop = service(lab, 'deployment-starts');
    expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
    const run = await shop.begin('v2', { readyAfterMs: 4_000 });
    await until(async () => (await shop.starts())['v2'] === 1, 120_000, 50);
    await terminate(shop, { n: 2 });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1');
    // What was starting is not finished behind anybody's back.
    await new Promise((r) => setTimeout(r, 5_000));
    await shop.serves('v1');
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);

test.concurrent(
  'first deployment, in the bake: nothing is left of it',
  async () => {
    const shop = service(lab, 'deployment-first');
    const run = await shop.begin('v1', LONG);
    await reached(shop, 1, 'bake');
    await terminate(shop, { n: 1 });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    expect(await shop.instances()).toEqual([]);
    await expect(shop.shown()).rejects.toThrow('unknown_target');
    expect((await shop.state()).live).toBeUndefined();
    await nextShips(shop, 'v2');
  },
  MANY_MS,
);

test.concurrent(
  'target and deployment, in the canary',
  async () => {
    const shop = service(lab, 'both-canary');
    const run = await inPhase(shop, 'canary');
    await terminate(shop, 'target');
    await terminate(shop, { n: 2 });
    const next = await shop.begin('v3');
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    expect(await shop.ended(next)).toMatchObject({ outcome: 'shipped' });
    await shop.serves('v3');
  },
  MANY_MS,
);
