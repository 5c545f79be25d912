import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTraffic } from '../../src/cli/demo/traffic.js';
import { FULL } from '../../src/domain/plan.js';
import { until } from '../gateway/lab.js';
import { startCluster, type Cluster } from '../store/cluster.js';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, ERRORS, auditIsWhole, service, type Service } from './service.js';

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

const HALF = { blue: 5_000, green: 5_000 };
const inCanary = (shop: Service): Promise<void> =>
  shop.phase(2, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));

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
