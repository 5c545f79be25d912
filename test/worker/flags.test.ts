import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OpenFeature, type Client } from '@openfeature/server-sdk';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { flagVariables } from '../../src/worker/flag-place.js';
import { eventually } from '../support/eventually.js';
import { storeOfFile } from '../store/of-file.js';
import { packageRoot } from '../../src/paths.js';

const { openFlags } = (await import(join(packageRoot(), 'examples/flags/src/flags.js'))) as {
  readonly openFlags: (env?: NodeJS.ProcessEnv) => Promise<Client>;
};
const { store, url } = await storeOfFile();
const never = new AbortController().signal;
const TARGET = { service: 'shop', environment: 'production' };
const FLAGS = [
  { name: 'checkout', variants: { on: true, off: false }, off: 'off' },
  { name: 'button', variants: { plain: 'Buy', urgent: 'Buy now' }, off: 'plain' },
];
let stateDir = '';
const workers: ChildProcess[] = [];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'shipway-flags-'));
  await store.flags.declare(TARGET, { version: 'v1', flags: FLAGS }, never);
});
afterAll(async () => {
  await rm(stateDir, { recursive: true, force: true });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await OpenFeature.close();
  for (const worker of workers.splice(0)) await killed(worker);
});

const at = (path: string): string => fileURLToPath(new URL(`../support/fixtures/${path}`, import.meta.url));
/** A worker of its own that serves flags; `serves`: until it says so. */
async function worker({ serves }: { readonly serves: boolean }): Promise<ChildProcess> {
  const args = [at('flag-worker.js'), url, stateDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  workers.push(child);
  const lines = createInterface({ input: child.stdout });
  if (serves) for await (const line of lines) if (line.includes('flags are served')) break;
  child.stdout.resume();
  return child;
}
async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What shipway tells an instance, as the environment of this process. */
async function asInstance(): Promise<Client> {
  const told = await flagVariables({ stateDir, flags: { host: '127.0.0.1' } }, store.flags)(TARGET);
  for (const [name, value] of Object.entries(told)) vi.stubEnv(name, value);
  return openFlags();
}
const set = (name: string, rule?: object) =>
  store.flags.set(TARGET, { name, by: 'ann', ...(rule && { rule: { shares: {}, ...rule } }) }, never);
const checkout = (flags: Client, targetingKey = 'ann') =>
  flags.getBooleanValue('checkout', false, { targetingKey });
/** How long it takes until it is so. */
async function until(flags: Client, is: boolean): Promise<number> {
  const from = performance.now();
  while ((await checkout(flags)) !== is) await new Promise((r) => setTimeout(r, 5));
  return performance.now() - from;
}

test('an instance sees every change within a second, keeps what it knows, and goes on with the next worker', async () => {
  const first = await worker({ serves: true });
  const second = await worker({ serves: false });
  const flags = await asInstance();
  expect(await checkout(flags)).toBe(false);
  expect(await flags.getBooleanDetails('no-such-flag', false)).toMatchObject({
    value: false,
    reason: 'ERROR',
  });

  const took: number[] = [];
  for (const on of [true, false, true, false, true]) {
    await set('checkout', on ? { shares: { on: 10_000 } } : undefined);
    took.push(await until(flags, on));
  }
  expect(Math.max(...took)).toBeLessThan(1_000);

  await set('button', { named: { variant: 'urgent', users: ['ann'], groups: [] } });
  const button = (targetingKey: string) => flags.getStringValue('button', 'code', { targetingKey });
  await eventually(async () => ((await button('ann')) === 'Buy now' ? true : undefined), 2_000);
  expect(await button('bob')).toBe('Buy');

  await killed(first);
  expect(await checkout(flags)).toBe(true);
  await set('checkout');
  expect(await until(flags, false)).toBeLessThan(5_000);
  await killed(second);
  expect(await checkout(flags)).toBe(false);
}, 60_000);

test('an instance that starts without a worker reads the file, and hears of changes when one comes', async () => {
  const keeping = await worker({ serves: true });
  await set('checkout', { shares: { on: 10_000 } });
  const file = join(stateDir, 'flags/shop/production.json');
  await eventually(async () =>
    (await readFile(file, 'utf8')).includes('"defaultVariant":"on"') ? true : undefined,
  );
  await killed(keeping);
  const flags = await asInstance();
  expect(await checkout(flags)).toBe(true);
  await set('checkout');
  await worker({ serves: true });
  expect(await until(flags, false)).toBeLessThan(5_000);
}, 60_000);

test('the first instance of a target finds its file; without the store it is not held up', async () => {
  const settings = { stateDir, flags: { host: '::', port: 8015, token: 'long' } };
  const other = { ...TARGET, environment: 'staging' };
  await store.flags.declare(other, { version: 'v1', flags: FLAGS }, never);
  const told = await flagVariables(settings, store.flags)(other);
  expect(told).toMatchObject({ FLAGD_HOST: '[::1]', FLAGD_PORT: '8015', FLAGD_RESOLVER: 'in-process' });
  expect(told['FLAGD_SOURCE_SELECTOR']).toMatch(/^shop\/staging,token=[0-9a-f]{64}$/);
  expect(JSON.parse(await readFile(told['SHIPWAY_FLAGS_FILE'] ?? '', 'utf8'))).toMatchObject({
    flags: { checkout: { defaultVariant: 'off' } },
  });
  const from = performance.now();
  const hanging = { list: () => new Promise<never>(() => undefined) };
  await flagVariables(settings, hanging)({ ...TARGET, environment: 'new' });
  expect(performance.now() - from).toBeLessThan(2_000);
});
