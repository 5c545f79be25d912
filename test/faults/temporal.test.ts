import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGuard } from '../../src/dev/guard.js';
import { startTemporal, type RunningTemporal } from '../../src/dev/temporal.js';
import { freePort } from '../../src/free-port.js';
import { until } from '../gateway/lab.js';
import { goodAndBad } from './good-and-bad.js';
import { faultLab, type FaultLab } from './lab.js';
import { HALF, auditIsWhole, usersOf, type Service } from './service.js';

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

const AWAY_MS = 5_000;

test('killed during a canary: users stay where they are, and when it is back a good candidate ships and a bad one goes back', async () => {
  const { good, bad, badWhile, goodRun, badRun, endedAsTheyAre } = await goodAndBad(lab);
  const users = await usersOf(good);

  process.kill(temporal.pid, 'SIGKILL');
  await new Promise((r) => setTimeout(r, AWAY_MS));
  expect([await good.shares(), await bad.shares()]).toEqual([HALF, HALF]);
  await writeFile(badWhile, '');
  const harmed = await usersOf(bad);
  temporal = await start();

  await until(async () => (await ended(good, goodRun)) === 'shipped', 120_000, 500);
  await until(async () => (await ended(bad, badRun)) === 'rolled_back', 120_000, 500);
  await Promise.all([users.stop(), harmed.stop()]);
  await endedAsTheyAre();
  // By version, or without an answer: where one was lost is told by who should have answered.
  const met = [...users.between(0, Infinity)];
  expect(met.filter(([, { failed }]) => failed > 0)).toEqual([]);
  await auditIsWhole(lab);
}, 300_000);

/** `undefined` while the server is not there to say so. */
const ended = (shop: Service, run: string): Promise<string | undefined> =>
  shop.ended(run).then(
    ({ outcome }) => outcome,
    () => undefined,
  );
