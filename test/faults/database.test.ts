import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTraffic } from '../../src/cli/demo/traffic.js';
import { FULL } from '../../src/domain/plan.js';
import { until } from '../gateway/lab.js';
import { startCluster, type Cluster } from '../store/cluster.js';
import { statement } from '../support/plans.js';
import { rollback } from './going-back.js';
import { goodAndBad, inCanary } from './good-and-bad.js';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, ERRORS, HALF, auditIsWhole, service, usersOf, type Service } from './service.js';

let cluster: Cluster;
let lab: FaultLab;
beforeAll(async () => {
  cluster = await startCluster();
  lab = await faultLab({ databaseUrl: await cluster.database('empty') });
});
afterAll(async () => {
  await lab.end();
  await cluster.remove();
});

test.each([
  ['gone', () => cluster.kill('SIGKILL'), () => cluster.start()],
  ['frozen', () => cluster.freeze(), () => Promise.resolve(cluster.thaw())],
] as const)(
  '%s while the candidate turns bad: the users go back at once, the audit follows',
  async (how, away, again) => {
    const shop = service(lab, `bad-${how}`);
    expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
    const before = await shop.instances();
    const badWhile = join(lab.folder, `bad-${how}`);
    const traffic = startTraffic({
      address: (await shop.shown()).address,
      paths: ['/'],
      rate: 40,
      versionHeader: 'x-version',
    });
    const strategy = { ...CANARY, stepDurationMs: 60_000 };
    const run = await shop.begin('v2', { strategy, badWhile, watch: ERRORS });
    await inCanary(shop);
    expect(await shop.shares()).toEqual(HALF);
    await away();
    await writeFile(badWhile, '');
    await until(async () => (await shop.shares())['blue'] === FULL, 60_000, 50);
    await again();
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await traffic.stop();
    await shop.serves('v1');
    expect(await shop.instances()).toEqual(before);
    const undone = (await shop.entries()).filter((e) => e.event_type === 'effect.undone');
    expect(undone.map((e) => [e.details['what'], e.late])).toEqual([
      ['send all traffic back', true],
      ['make v1 the live release', true],
      ['remove v2 from green', true],
    ]);
    await auditIsWhole(lab);
  },
  300_000,
);

test('gone on the way forward: no step is made without it, and then it goes on', async () => {
  const shop = service(lab, 'forward');
  expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', { strategy: { ...CANARY, stepDurationMs: 2_000 } });
  await inCanary(shop);
  await cluster.kill('SIGKILL');
  await shop.phase(2, (view) => view.timeline.at(-1)?.what === 'shift 50 % → 100 %');
  await new Promise((r) => setTimeout(r, 4_000));
  expect(await shop.shares()).toEqual(HALF);
  await cluster.start();
  expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
  await shop.serves('v2');
  expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
  await auditIsWhole(lab);
}, 300_000);

test('gone for a minute amid two canaries: the users of the one that turns bad go back at once, those of the good one stay; then both end', async () => {
  const { good, bad, badWhile, goodRun, badRun, endedAsTheyAre } = await goodAndBad(lab, 8_000);
  const traffic = { good: await usersOf(good), bad: await usersOf(bad) };
  try {
    await cluster.kill('SIGKILL');
    const gone = Date.now();
    await writeFile(badWhile, '');
    await until(async () => (await bad.shares())['blue'] === FULL, 20_000, 50);
    // The good one's step ends, and is tried again and again.
    await good.phase(2, (view) => view.timeline.at(-1)?.what === 'shift 50 % → 100 %');
    for (; Date.now() < gone + 60_000; await new Promise((r) => setTimeout(r, 500)))
      expect([await good.shares(), await bad.shares()]).toEqual([HALF, { blue: FULL }]);
    await cluster.start();
    expect(await good.ended(goodRun)).toMatchObject({ outcome: 'shipped' });
    expect(await bad.ended(badRun)).toMatchObject({ outcome: 'rolled_back' });
  } finally {
    await Promise.all([traffic.good.stop(), traffic.bad.stop()]);
  }
  const met = [...traffic.good.between(0, Infinity).values()];
  expect(met.reduce((n, { failed }) => n + failed, 0)).toBe(0);
  await endedAsTheyAre();
  const late = (await bad.entries()).filter((e) => e.event_type === 'effect.undone' && e.late);
  expect(late.map((e) => e.details['what'])).toContain('send all traffic back');
  await auditIsWhole(lab);
}, 300_000);

/** 50 % of the users have a v2 that will be bad, and PostgreSQL is gone. */
async function halfWithout(shop: Service, stepDurationMs: number) {
  expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
  const badWhile = join(lab.folder, `bad-${shop.name}`);
  const strategy = { ...CANARY, stepDurationMs };
  const run = await shop.begin('v2', { strategy, badWhile, watch: HEALTH_AND_ERRORS });
  await inCanary(shop);
  await cluster.kill('SIGKILL');
  return { run, turnBad: () => writeFile(badWhile, '') };
}
const HEALTH_AND_ERRORS = {
  ...ERRORS,
  triggers: { ...ERRORS.triggers, healthCheckFailures: { threshold: 3, windowMs: 60_000 } },
  // Without users there is nothing to tell an error by.
  onInconclusive: 'continue',
} as const;

test('gone on the way forward, and the candidate turns bad meanwhile: the users go back at once', async () => {
  const shop = service(lab, 'forward-bad');
  const { run, turnBad } = await halfWithout(shop, 2_000);
  await shop.phase(2, (view) => view.timeline.at(-1)?.what === 'shift 50 % → 100 %');
  const { address } = await shop.shown();
  const traffic = startTraffic({ address, paths: ['/'], rate: 40, versionHeader: 'x-version' });
  await new Promise((r) => setTimeout(r, 4_000));
  expect(await shop.shares()).toEqual(HALF);
  await turnBad();
  await until(async () => (await shop.shares())['blue'] === FULL, 10_000, 50);
  await cluster.start();
  expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
  await traffic.stop();
  await shop.serves('v1');
  await auditIsWhole(lab);
}, 300_000);

test.each(['rollback', 'abort'] as const)(
  '%s while it is gone: the users go back at once, its entry follows',
  async (verb) => {
    const shop = service(lab, `${verb}-gone`);
    const { run } = await halfWithout(shop, 60_000);
    const on = shop.workflow({ run }).workflowId;
    const asked =
      verb === 'abort'
        ? lab.client.abort(on, statement('carol', verb, on, { reason: 'bad' }))
        : rollback(lab, shop);
    await until(async () => (await shop.shares())['blue'] === FULL, 10_000, 50);
    expect((await asked).status).toBe(verb === 'abort' ? 'accepted' : 'running');
    await cluster.start();
    expect(await shop.ended(run)).toMatchObject({ outcome: verb === 'abort' ? 'aborted' : 'rolled_back' });
    await shop.serves('v1');
    await until(async () => (await shop.entries()).some((e) => e.user === 'carol'), 30_000, 100);
    const entry = (await shop.entries()).find((e) => e.user === 'carol');
    expect(entry).toMatchObject({ event_type: 'statement.accepted', late: true });
    await auditIsWhole(lab);
  },
  300_000,
);
