import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTraffic } from '../../src/cli/demo/traffic.js';
import { startGuard } from '../../src/dev/guard.js';
import { startTemporal, type RunningTemporal } from '../../src/dev/temporal.js';
import { freePort } from '../../src/free-port.js';
import { until } from '../gateway/lab.js';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, ERRORS, auditIsWhole, service, type Service } from './service.js';

/** A server whose database is a file, and which comes back where it was. */
const guard = startGuard();
let dataDir: string;
let start: () => Promise<RunningTemporal>;
let temporal: RunningTemporal;
let lab: FaultLab;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'faults-temporal-'));
  guard.folder(dataDir);
  const port = await freePort();
  start = () => startTemporal({ dataDir, port, guard, ui: false });
  temporal = await start();
  lab = await faultLab({ temporal: { address: temporal.address, namespace: 'default' } });
}, 120_000);
afterAll(async () => {
  await lab.end();
  await temporal.stop();
  await rm(dataDir, { recursive: true, force: true });
  guard.release();
});

const HALF = { blue: 5_000, green: 5_000 };
const AWAY_MS = 5_000;
const inCanary = (shop: Service): Promise<void> =>
  shop.phase(2, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));

test('killed during a canary: users stay where they are, and when it is back a good candidate ships and a bad one goes back', async () => {
  const [good, bad] = [service(lab, 'good'), service(lab, 'bad')];
  const badWhile = join(lab.folder, 'bad');
  const shipped = await Promise.all([good.ship('v1'), bad.ship('v1')]);
  expect(shipped.map((s) => s.outcome)).toEqual(['shipped', 'shipped']);
  const before = await bad.instances();
  const runs = await Promise.all([
    good.begin('v2', { strategy: { ...CANARY, stepDurationMs: 2_000 } }),
    bad.begin('v2', { strategy: { ...CANARY, stepDurationMs: 60_000 }, badWhile, watch: ERRORS }),
  ]);
  await Promise.all([inCanary(good), inCanary(bad)]);
  const users = await usersOf(good);

  process.kill(temporal.pid, 'SIGKILL');
  await new Promise((r) => setTimeout(r, AWAY_MS));
  expect([await good.shares(), await bad.shares()]).toEqual([HALF, HALF]);
  await writeFile(badWhile, '');
  const harmed = await usersOf(bad);
  temporal = await start();

  await until(async () => (await ended(good, runs[0])) === 'shipped', 120_000, 500);
  await until(async () => (await ended(bad, runs[1])) === 'rolled_back', 120_000, 500);
  await Promise.all([users.stop(), harmed.stop()]);
  await Promise.all([good.serves('v2'), bad.serves('v1')]);
  const met = [...users.between(0, Infinity).values()];
  expect(met.reduce((n, { failed }) => n + failed, 0)).toBe(0);
  expect(await bad.instances()).toEqual(before);
  expect([await good.starts(), await bad.starts()]).toEqual([
    { v1: 1, v2: 1 },
    { v1: 1, v2: 1 },
  ]);
  await auditIsWhole(lab);
}, 300_000);

const usersOf = async (shop: Service): Promise<ReturnType<typeof startTraffic>> =>
  startTraffic({
    address: (await shop.shown()).address,
    paths: ['/'],
    rate: 40,
    versionHeader: 'x-version',
  });

/** `undefined` while the server is not there to say so. */
const ended = (shop: Service, run: string): Promise<string | undefined> =>
  shop.ended(run).then(
    ({ outcome }) => outcome,
    () => undefined,
  );
