import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startGuard } from '../../src/dev/guard.js';
import { startTemporal, type RunningTemporal, type TemporalOptions } from '../../src/dev/temporal.js';
import { freePort } from '../../src/free-port.js';
import { packageRoot } from '../../src/paths.js';
import { identityOf, isAlive } from '../../src/processes.js';
import '../support/runtime.js';
import { temporaryFolder } from './temporary.js';

const guard = startGuard();
afterEach(() => {
  vi.unstubAllEnvs();
});

async function start(options: TemporalOptions): Promise<RunningTemporal> {
  const temporal = await startTemporal({ ui: false, guard, ...options });
  onTestFinished(() => temporal.stop());
  return temporal;
}

async function clientOf({ address }: RunningTemporal): Promise<Client> {
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

/** How long `times` short timers take, one after the other. */
async function napping(temporal: RunningTemporal, times: number): Promise<number> {
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'naps',
    workflowsPath: join(packageRoot(), 'test/dev/workflows/naps.ts'),
  });
  const client = await clientOf(temporal);
  return worker
    .runUntil(async () => {
      const nap = (workflowId: string, n: number): Promise<unknown> =>
        client.workflow.execute('naps', { taskQueue: 'naps', workflowId, args: [n] });
      await nap('warm-up', 1);
      const began = Date.now();
      await nap('measured', times);
      return Date.now() - began;
    })
    .finally(() => connection.close());
}

/** A run that no worker takes up: it is what must still be there afterwards. */
const begin = (client: Client): Promise<unknown> =>
  client.workflow.start('kept', { taskQueue: 'nobody', workflowId: 'kept' });

describe.each([
  ['after it was stopped', (t: RunningTemporal) => t.stop()],
  ['after kill -9', (t: RunningTemporal) => Promise.resolve(process.kill(t.pid, 'SIGKILL'))],
])('data on disk is kept %s', (_, end) => {
  test('on the same port, with its runs and search attributes', async () => {
    const dataDir = join(await temporaryFolder(), 'temporal');
    const settings = { dataDir, port: await freePort(), searchAttributes: { Colour: 'Keyword' } };
    const first = await startTemporal({ ui: false, guard, ...settings });
    const identity = await identityOf(first.pid);
    const before = await clientOf(first);
    await begin(before);
    await end(first);
    await expect.poll(() => isAlive(identity), { timeout: 10_000 }).toBe(false);
    const second = await start(settings);
    const client = await clientOf(second);
    expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    expect(Object.keys(customAttributes)).toContain('Colour');
  });
});

test.each(['on disk', 'in memory'])('it is tuned %s: timers fire when they are due', async (where) => {
  const dataDir = where === 'on disk' ? { dataDir: await temporaryFolder() } : {};
  const logFile = join(await temporaryFolder(), 'temporal.log');
  const temporal = await start({ ...dataDir, logFile });
  // Stock takes half a second for each on average, ten seconds for all.
  expect(await napping(temporal, 20)).toBeLessThan(4_000);
  expect(await readFile(logFile, 'utf8')).not.toMatch(/dynamic ?config|pragma/i);
});

test('it collects its garbage less often than Go programs do, unless it is told otherwise', async () => {
  const collects = async (options: TemporalOptions = {}): Promise<string | undefined> => {
    const { pid } = await start(options);
    return /(?:^|\0)GOGC=(\d+)/.exec(await readFile(`/proc/${String(pid)}/environ`, 'utf8'))?.[1];
  };
  vi.stubEnv('GOGC', undefined);
  expect(await collects()).toBe('400');
  expect(await collects({ stock: true })).toBeUndefined();
  vi.stubEnv('GOGC', '50');
  expect(await collects()).toBe('50');
});

test('it serves as soon as it is said to be there', async () => {
  for (let i = 0; i < 5; i++) {
    const temporal = await start({});
    const connection = await NativeConnection.connect({ address: temporal.address });
    await connection.close();
    await temporal.stop();
  }
});

test('its UI answers at the address given', async () => {
  const temporal = await start({ ui: true });
  await expect
    .poll(
      () =>
        fetch(temporal.uiUrl).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(200);
});

test('a port that another program holds is an error, and the other is not taken for the server', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(startTemporal({ ui: false, port })).rejects.toThrow(
    `port ${String(port)} is taken by another program`,
  );
});

test('a database that is none is an error that names the log', async () => {
  const folder = await temporaryFolder();
  const logFile = join(folder, 'temporal.log');
  await writeFile(
    join(folder, 'temporal.db'),
    'not a database, but long enough to be looked at '.repeat(100),
  );
  await expect(startTemporal({ ui: false, dataDir: folder, logFile })).rejects.toMatchObject({
    message: 'the Temporal server did not start',
    next: `read its log: ${logFile}`,
  });
  expect(await readFile(logFile, 'utf8')).toContain('not a database');
});
