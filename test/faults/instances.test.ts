import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/plan.js';
import { until } from '../gateway/lab.js';
import { statement } from '../support/plans.js';
import { CANDIDATE, STABLE, dying, shipDying, type Death } from './dying.js';
import { HALF } from './service.js';

/** Strategies in which instances of the one make room for instances of the other. */
const ROLLING = { kind: 'rolling', batchSize: 1, pauseMs: 1_000, onBadBatch: 'roll_back' } as const;
const IN_PLACE: Strategy = { kind: 'in_place' };
const MANY_MS = 480_000;

const ROLLING_FORWARD: readonly Death[] = [
  ['resizeStable', STABLE],
  ['provision', STABLE],
  ['smokeTest', STABLE],
  ['admitInstances', STABLE],
  ['shiftTraffic', HALF],
  ['watch in rolling 1 of 2', HALF],
  ['shiftTraffic', CANDIDATE],
  ['resizeStable', CANDIDATE],
  ['provision', CANDIDATE],
  ['smokeTest', CANDIDATE],
  ['admitInstances', CANDIDATE],
  ['promote', CANDIDATE],
  ['watch in bake', CANDIDATE],
  ['retireSlot', CANDIDATE],
  ['finishDeployment', CANDIDATE],
];
const IN_PLACE_FORWARD: readonly Death[] = [
  ['resizeStable', STABLE],
  ['during provision', STABLE],
  ['smokeTest', STABLE],
  ['shiftTraffic', CANDIDATE],
  ['promote', CANDIDATE],
  ['watch in bake', CANDIDATE],
  ['retireSlot', CANDIDATE],
  ['finishDeployment', CANDIDATE],
];
/** The last batch is bad, which leaves nobody of v1. */
const PUT_BACK: readonly Death[] = [
  ['provision', CANDIDATE],
  ['resizeStable', CANDIDATE],
  ['shiftTraffic', HALF],
  ['openQuestion', HALF],
];
const BACK: readonly Death[] = [
  ['undoShift', STABLE],
  ['undoPromote', STABLE],
  ['undoProvision', STABLE],
  ['finishDeployment', STABLE],
];

test.concurrent(
  'forward by rolling, the worker killed after every effect: no instance starts twice, and no user meets an error',
  async () => {
    const { shop, ended, failed } = await shipDying(ROLLING, ROLLING_FORWARD, { bad: false, replicas: 2 });
    expect(ended, ended.reason).toMatchObject({ outcome: 'shipped' });
    await shop.serves('v2', 2);
    expect(await shop.starts()).toEqual({ v1: 2, v2: 2 });
    expect(failed).toBe(0);
  },
  MANY_MS,
);

test.concurrent(
  'back by the rules from rolling, the worker killed after every effect: what made room is started again, once',
  async () => {
    const strategy = { ...ROLLING, pauseMs: 60_000 };
    const { shop, ended, before } = await shipDying(strategy, BACK, { bad: true, replicas: 2 });
    expect(ended, ended.reason).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1', 2);
    expect(await shop.starts()).toEqual({ v1: 3, v2: 1 });
    const stayed = (await shop.instances()).filter(({ id }) => before.some((b) => b.id === id));
    expect(stayed).toHaveLength(1);
    expect((await shop.state()).holdMarks.map((m) => m.version)).toEqual(['v2']);
  },
  MANY_MS,
);

test.concurrent(
  'a bad batch of rolling is put back, the worker killed after every effect of that, and tried again at the word of a person',
  async () => {
    const asking = { ...ROLLING, onBadBatch: 'ask' } as const;
    const { lab, shop, as, allDied } = await dying(asking, PUT_BACK, { replicas: 2 });
    const badWhile = join(lab.folder, 'bad');
    const smokeTest = { path: '/', expectStatus: 200, timeoutMs: 5_000 };
    const run = await shop.begin('v2', { ...as, smokeTest, badWhile });
    await until(async () => (await shop.starts())['v2'] === 2, 120_000, 20);
    await writeFile(badWhile, '');
    await lab.worker.arm();
    let decision: string | undefined;
    await shop.phase(2, ({ waitingFor }) => (decision = waitingFor?.decision) !== undefined);
    expect((await shop.instances()).map((i) => i.version).sort()).toEqual(['v1', 'v2']);
    await rm(badWhile);
    const { workflowId } = shop.workflow({ n: 2 });
    await lab.client.answer(workflowId, statement('bob', 'approve', decision ?? ''));
    expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
    await shop.serves('v2', 2);
    expect(await shop.starts()).toEqual({ v1: 3, v2: 3 });
    await allDied();
  },
  MANY_MS,
);

test.concurrent(
  'forward in place, the worker killed in or after every effect: the two never run at the same time',
  async () => {
    const { shop, ended, seen } = await shipDying(IN_PLACE, IN_PLACE_FORWARD, { bad: false });
    expect(ended, ended.reason).toMatchObject({ outcome: 'shipped' });
    await shop.serves('v2');
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
    for (const { versions } of seen) expect(new Set(versions).size).toBeLessThan(2);
  },
  MANY_MS,
);

test.concurrent(
  'back by the rules from in place, the worker killed after every effect',
  async () => {
    const { shop, ended, seen } = await shipDying(IN_PLACE, BACK, { bad: true });
    expect(ended, ended.reason).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1');
    expect(await shop.starts()).toEqual({ v1: 2, v2: 1 });
    for (const { versions } of seen) expect(new Set(versions).size).toBeLessThan(2);
  },
  MANY_MS,
);
