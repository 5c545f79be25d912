import { rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploymentId } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import type { Sample } from '../../src/domain/watching.js';
import { otherSlot } from '../../src/domain/target.js';
import { until } from '../gateway/lab.js';
import { sql } from '../store/cluster.js';
import { rollback } from './going-back.js';
import { goodAndBad } from './good-and-bad.js';
import { faultLab, type FaultLab } from './lab.js';
import { ERRORS, HALF, auditIsWhole, service, usersOf, type Service } from './service.js';

let lab: FaultLab;
beforeAll(async () => {
  lab = await faultLab();
});
afterAll(() => lab.end());

test('the gateway killed during a canary: it comes back with the same shares, and both a good and a bad candidate end as they are', async () => {
  const { good, bad, badWhile, goodRun, badRun, endedAsTheyAre } = await goodAndBad(lab);
  await lab.killGateway();
  // Longer than the good one's step: its next shift meets no gateway.
  await new Promise((r) => setTimeout(r, 4_000));
  await lab.startGateway();
  expect(await bad.shares()).toEqual(HALF);
  await writeFile(badWhile, '');
  const traffic = await usersOf(bad);
  expect(await good.ended(goodRun)).toMatchObject({ outcome: 'shipped' });
  expect(await bad.ended(badRun)).toMatchObject({ outcome: 'rolled_back' });
  await traffic.stop();
  await endedAsTheyAre();
}, 300_000);

test('an instance that crashes in the bake: back to the release before it, and held', async () => {
  const shop = service(lab, 'crash');
  expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', { bakeMs: 60_000 });
  await shop.phase(2, (view) => view.phase === 'bake');
  const candidate = (await shop.instances()).find((i) => i.version === 'v2');
  process.kill(candidate?.process.pid ?? NaN, 'SIGKILL');
  const ended = await shop.ended(run);
  expect(ended).toMatchObject({ outcome: 'rolled_back' });
  expect(ended.reason).toContain('health checks failed');
  await shop.serves('v1');
  expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
  expect((await shop.state()).holdMarks.map((m) => m.version)).toEqual(['v2']);
}, 300_000);

test('an instance that uses too much of a processor, or of memory, through a whole window: back; a peak is not', async () => {
  const [hot, fat] = [service(lab, 'hot'), service(lab, 'fat')];
  const shipped = await Promise.all([hot.ship('v1'), fat.ship('v1')]);
  expect(shipped.map((s) => s.outcome)).toEqual(['shipped', 'shipped']);
  const [burnWhile, takeWhen] = [join(lab.folder, 'burn'), join(lab.folder, 'take')];
  const cpu = { ...ERRORS, triggers: { cpu: { threshold: 1_000, windowMs: 5_000 } } };
  const memory = { ...ERRORS, triggers: { memory: { threshold: 200 * 1024 ** 2, windowMs: 1_000 } } };
  const [hotRun, fatRun] = await Promise.all([
    hot.begin('v2', { bakeMs: 120_000, variables: { BURN_WHILE: burnWhile }, watch: cpu }),
    fat.begin('v2', { bakeMs: 120_000, variables: { TAKE_WHEN: takeWhen }, watch: memory }),
  ]);
  const inBake = (shop: Service) => shop.phase(2, (view) => view.phase === 'bake');
  await Promise.all([inBake(hot), inBake(fat)]);
  await Promise.all([writeFile(burnWhile, ''), writeFile(takeWhen, '')]);
  const id = deploymentId({ service: 'hot', environment: 'staging' }, 2);
  const looks = async (): Promise<readonly Sample[]> =>
    (
      await sql(lab.databaseUrl, `SELECT body FROM shipway.samples WHERE deployment = '${id}' ORDER BY at`)
    ).map((row) => row['body'] as Sample);
  const peak = async () => (await looks()).filter(({ measured }) => (measured?.value ?? 0) > 0.1);
  await until(async () => (await peak()).length > 0, 60_000, 100);
  await rm(burnWhile);
  const grown = await fat.ended(fatRun);
  expect(grown).toMatchObject({ outcome: 'rolled_back' });
  expect(grown.reason).toMatch(/memory \d+\.\d MiB \(limit 200Mi\), at every look of 1s/);
  await until(async () => (await looks()).at(-1)?.verdict.kind === 'pass', 60_000, 100);
  expect(new Set((await peak()).map(({ verdict }) => verdict.kind))).toEqual(new Set(['inconclusive']));
  await writeFile(burnWhile, '');
  const burnt = await hot.ended(hotRun);
  expect(burnt).toMatchObject({ outcome: 'rolled_back' });
  expect(burnt.reason).toMatch(/cpu [\d.]+ % \(limit 10 %\), at every look of 5s/);
  await Promise.all([hot.serves('v1'), fat.serves('v1')]);
}, 300_000);

test('the release before it crashes in the bake, and a person goes back: users are served by it again', async () => {
  const shop = service(lab, 'nowhere');
  expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', { bakeMs: 120_000 });
  await shop.phase(2, (view) => view.phase === 'bake');
  for (const { version, process: of } of await shop.instances())
    if (version === 'v1') process.kill(of.pid, 'SIGKILL');
  expect(await rollback(lab, shop)).toMatchObject({ status: 'running' });
  expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
  await shop.serves('v1');
  expect(await shop.starts()).toEqual({ v1: 2, v2: 1 });
  const undone = (await shop.entries()).filter((e) => e.event_type === 'effect.undone');
  expect(undone.map((e) => e.details['what'])).toContain('start v1 in blue again');
}, 300_000);

interface ByHand extends Partial<DeploymentInput> {
  /** Without what it replaces. */
  readonly first?: boolean;
  readonly told?: 'goBack' | 'cancel';
  /** With nothing of what a target says. */
  readonly empty?: boolean;
}

/** As the target would start it, with a number of its own choice. */
async function byHand(
  shop: Service,
  n: number,
  { first = false, told, empty = false, ...more }: ByHand,
): Promise<WorkflowHandle> {
  const id = deploymentId({ service: shop.name, environment: 'staging' }, n);
  const { live, host } = await shop.state();
  if (live === undefined) throw new Error('nothing is live');
  const [row] = await sql(
    lab.databaseUrl,
    `SELECT body FROM shipway.deployments WHERE id = '${live.deployment}'`,
  );
  const { release, plan } = row?.['body'] as DeploymentRow;
  const input: DeploymentInput = {
    ...{ id, service: shop.name, environment: 'staging', kind: 'deploy', requestId: 'by hand' },
    ...{ requestedBy: 'mallory', release, plan, candidate: otherSlot(live.slot) },
    ...(first ? {} : { replaces: live }),
    ...(host === undefined ? {} : { host }),
    ...more,
  };
  const { workflow } = lab.client.temporal;
  const options = { workflowId: id, taskQueue: 'control', args: [empty ? {} : input] };
  if (told !== 'goBack') {
    const handle = await workflow.start('deployment', options);
    if (told === 'cancel') await handle.cancel();
    return handle;
  }
  const signalArgs = [{ why: 'rollback', by: 'mallory', reason: 'by hand' }];
  return workflow.signalWithStart('deployment', { ...options, signal: MESSAGES.goBack, signalArgs });
}
const world = async (shop: Service) => ({
  shown: await shop.shown(),
  instances: await shop.instances(),
  starts: await shop.starts(),
  state: await shop.state(),
});
test.each<readonly [string, number, ByHand]>([
  ['that nobody admitted', 9, {}],
  ['as a rollback', 9, { kind: 'rollback' }],
  ['as a recovery', 9, { kind: 'recover' }],
  ['told to go back', 9, { told: 'goBack' }],
  ['cancelled', 9, { told: 'cancel' }],
  ['without a word', 9, { empty: true }],
  ['without a plan', 9, { plan: {} as DeploymentInput['plan'] }],
  ['under the id of one that has ended', 1, {}],
  ['under such an id, told to go back from what serves', 1, { told: 'goBack', candidate: 'blue' }],
  ['under such an id, told that it was the first', 1, { told: 'goBack', candidate: 'blue', first: true }],
])(
  'a deployment started by hand, %s, moves nothing: permit.missing',
  async (_, n, more) => {
    const shop = service(lab, `hand-${randomUUID().slice(0, 8)}`);
    expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
    const before = await world(shop);
    const handle = await byHand(shop, n, more);
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    expect(await world(shop)).toEqual(before);
    expect(failure).toMatchObject({ cause: { type: 'permit.missing' } });
    await shop.serves('v1');
  },
  30_000,
);

test('the audit of all that', () => auditIsWhole(lab));
