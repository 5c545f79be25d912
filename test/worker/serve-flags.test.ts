import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FLAG_SYNC } from '../../src/api/flag-sync-form.js';
import type { FlagStore } from '../../src/domain/ports.js';
import { lookAtFlags } from '../../src/worker/flag-look.js';
import { flagFile, flagVariables } from '../../src/worker/flag-place.js';
import { serveFlags } from '../../src/worker/flags.js';
import { eventually } from '../support/eventually.js';
import { memoryFlags } from '../support/memory-flags.js';

const Client = makeClientConstructor(FLAG_SYNC, 'flagd.sync.v1.FlagSyncService');
const FLAGS = [{ name: 'checkout', variants: { on: true, off: false }, off: 'off' }];
const never = new AbortController().signal;
const [A, B] = ['a', 'b'].map((service) => ({ service, environment: 'production' })) as [Ref, Ref];
interface Ref {
  readonly service: string;
  readonly environment: string;
}
let stateDir = '';
let lines: string[] = [];
let flags = memoryFlags();
let ending = new AbortController();
let serving = Promise.resolve();
const of = () => ({ stateDir, flags: { host: '127.0.0.1' } });
const file = (target: Ref) => flagFile(of(), target);

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'shipway-serve-flags-'));
  [lines, flags, ending] = [[], memoryFlags(), new AbortController()];
});
afterEach(async () => {
  vi.useRealTimers();
  ending.abort();
  await serving;
  await rm(stateDir, { recursive: true, force: true });
});

const serve = (list: FlagStore['list'] = (target, signal) => flags.list(target, signal)): void => {
  const log = pino({}, { write: (line) => void lines.push(line) });
  serving = serveFlags({ settings: of(), flags: { ...flags, list }, log, signal: ending.signal });
};
const declare = (target: Ref) => flags.declare(target, { version: 'v1', flags: FLAGS }, never);
const has = (target: Ref, text: string) =>
  eventually(async () => ((await readFile(file(target), 'utf8')).includes(text) ? true : undefined));
const logged = (text: string) => lines.filter((line) => line.includes(text));
const served = () => eventually(() => Promise.resolve(logged('flags are served')[0]));
async function empty(target: Ref): Promise<void> {
  await mkdir(dirname(file(target)), { recursive: true });
  await writeFile(file(target), '{}');
}

test('an instance that starts without the store has a file, and what is in it comes with the store', async () => {
  await declare(A);
  serve();
  await served();
  const away = { list: () => Promise.reject(new Error('away')) };
  await flagVariables(of(), away)(A);
  expect(await has(A, 'checkout')).toBe(true);
  const hanging = { list: () => new Promise<never>(() => undefined) };
  ending.abort();
  await flagVariables(of(), hanging)(B);
  expect(JSON.parse(await readFile(file(B), 'utf8'))).toMatchObject({ flags: {} });
});

test('an instance is told of no file that could not be written, and starts', async () => {
  await mkdir(`${file(A)}.new`, { recursive: true });
  const told = await flagVariables(of(), flags)(A);
  expect(told).toMatchObject({ FLAGD_SOURCE_SELECTOR: 'a/production' });
  expect(told).not.toHaveProperty('SHIPWAY_FLAGS_FILE');
});

test('a file that cannot be written keeps no other from it, and is tried again after a while', async () => {
  for (const target of [A, B]) await empty(target);
  await mkdir(`${file(A)}.new`);
  vi.useFakeTimers({ toFake: ['Date'] });
  const asked: string[] = [];
  serve((target, signal) => {
    asked.push(target.service);
    return flags.list(target, signal);
  });
  await served();
  for (const target of [A, B]) await declare(target);
  await has(B, 'checkout');
  await vi.waitFor(() => {
    expect(logged('flags cannot be written')).toHaveLength(1);
  });
  const before = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(asked).toHaveLength(before);
  expect(await readFile(file(A), 'utf8')).toBe('{}');
  await rm(`${file(A)}.new`, { recursive: true });
  vi.setSystemTime(Date.now() + 6_000);
  await has(A, 'checkout');
});

test('a change is read once for those who follow a target and for its file', async () => {
  await declare(A);
  await empty(A);
  let asked = 0;
  serve((target, signal) => {
    asked += 1;
    return flags.list(target, signal);
  });
  const { address } = JSON.parse(await served()) as { address: string };
  const client = new Client(address, credentials.createInsecure());
  try {
    const follow = client['syncFlags'] as (request: object) => AsyncIterable<{ flagConfiguration: string }>;
    const told = follow.call(client, { selector: 'a/production' })[Symbol.asyncIterator]();
    await told.next();
    await has(A, 'checkout');
    // The file of the port has come beside those of the flags, which is looked at.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const before = asked;
    await flags.set(A, { name: 'checkout', rule: { shares: { on: 10_000 } }, by: 'ann' }, never);
    await told.next();
    await has(A, '"defaultVariant":"on"');
    expect(asked).toBe(before + 1);
  } finally {
    client.close();
  }
});

test('whether flags are served is asked at the port that instances are told', async () => {
  expect(await lookAtFlags(of())()).toMatch(/^127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  serve();
  await served();
  expect(await lookAtFlags(of())()).toBe('answers');
});

test('a port that cannot be kept is what is said of it', async () => {
  await empty(A);
  await mkdir(join(stateDir, 'flags/port'));
  expect(await lookAtFlags(of())()).toMatch(/^the port of flags is not known: .*EISDIR/);
});

test('a port that is not known at first is asked for again, and files are kept meanwhile', async () => {
  await empty(A);
  const port = join(stateDir, 'flags/port');
  await mkdir(port);
  serve();
  await declare(A);
  await has(A, 'checkout');
  expect(logged('flags cannot be served: it is tried again')).toHaveLength(1);
  await rm(port, { recursive: true });
  await served();
});
