import { credentials, makeClientConstructor, ServerCredentials, status, type Server } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flagFeed } from '../../src/api/flag-feed.js';
import { selectorOf } from '../../src/api/flag-selector.js';
import { flagSyncServer } from '../../src/api/flag-sync.js';
import { FLAG_SYNC } from '../../src/api/flag-sync-form.js';
import { memoryFlags } from '../support/memory-flags.js';

const never = new AbortController().signal;
const TARGET = { service: 'shop', environment: 'production' };
const FLAGS = [{ name: 'checkout', variants: { on: true, off: false }, off: 'off' }];
const flags = memoryFlags();
let away = false;
const list: typeof flags.list = (target, signal) =>
  away ? Promise.reject(new Error('away')) : flags.list(target, signal);
const feed = flagFeed({ list }, never);
const servers: Server[] = [];
const unread: string[] = [];
const Client = makeClientConstructor(FLAG_SYNC, 'flagd.sync.v1.FlagSyncService');
type Unary = (
  request: object,
  done: (error: { code: number; details: string } | null, told?: object) => void,
) => void;
const open: { end: () => void }[] = [];

async function serving(secret?: string) {
  const server = flagSyncServer({
    feed,
    unread: (error) => void unread.push(String(error)),
    ...(secret === undefined ? {} : { secret }),
  });
  servers.push(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) => {
      if (error === null) resolve(at);
      else reject(error);
    });
  });
  const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
  open.push({
    end: () => {
      client.close();
    },
  });
  const unary = (name: 'fetchAllFlags' | 'getMetadata', request: object) =>
    new Promise<object>((resolve) => {
      (client[name] as Unary).call(client, request, (error, told) => {
        resolve(error === null ? (told ?? {}) : { code: error.code, details: error.details });
      });
    });
  const stream = (selector: string) =>
    (client['syncFlags'] as (request: object) => AsyncIterable<{ flagConfiguration: string }>).call(client, {
      selector,
    });
  return { unary, stream };
}
let here: Awaited<ReturnType<typeof serving>>;
beforeAll(async () => {
  await flags.declare(TARGET, { version: 'v1', flags: FLAGS }, never);
  here = await serving();
});
afterAll(() => {
  for (const client of open) client.end();
  for (const server of servers) server.forceShutdown();
});

test('all flags of a target are told at once, and again when one has changed', async () => {
  const told = await here.unary('fetchAllFlags', { selector: 'shop/production' });
  const { flagConfiguration } = told as { flagConfiguration: string };
  expect(JSON.parse(flagConfiguration)).toMatchObject({
    flags: { checkout: { state: 'ENABLED', defaultVariant: 'off' } },
    metadata: { scope: 'shop/production' },
  });
  const heard: string[] = [];
  for await (const { flagConfiguration: text } of here.stream('shop/production')) {
    heard.push(text);
    if (heard.length === 2) break;
    await feed.refresh();
    await flags.set(TARGET, { name: 'checkout', rule: { shares: { on: 10_000 } }, by: 'ann' }, never);
    await feed.refresh();
  }
  expect(heard.map((text) => text.includes('"defaultVariant":"on"'))).toEqual([false, true]);
  expect(await here.unary('getMetadata', {})).toEqual({});
});

test('a target without flags has none', async () => {
  const told = await here.unary('fetchAllFlags', { selector: 'blog/production' });
  expect(JSON.parse((told as { flagConfiguration: string }).flagConfiguration)).toMatchObject({ flags: {} });
});

test.each(['', 'shop', 'Shop/production', 'shop/production/x', 'flagSetId=shop', 'shop/production,token=x'])(
  'the selector %j names no target',
  async (selector) => {
    expect(await here.unary('fetchAllFlags', { selector })).toEqual({
      code: status.INVALID_ARGUMENT,
      details: 'the selector names no target: FLAGD_SOURCE_SELECTOR is SERVICE/ENVIRONMENT',
    });
  },
);

test('with a secret only the token of that target opens it', async () => {
  const { unary, stream } = await serving('long');
  const own = selectorOf(TARGET, 'long');
  expect(await unary('fetchAllFlags', { selector: own })).toHaveProperty('flagConfiguration');
  const others = [
    'shop/production',
    selectorOf(TARGET, 'other'),
    `shop/staging,${own.split(',')[1] ?? ''}`,
    `shop/production,token=${'0'.repeat(64)}`,
  ];
  for (const selector of others) {
    expect(await unary('fetchAllFlags', { selector })).toMatchObject({ code: status.PERMISSION_DENIED });
    await expect(stream(selector)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
  }
});

test('while the flags cannot be read who comes is told to come again, and who knows them keeps them', async () => {
  const following = here.stream('shop/production')[Symbol.asyncIterator]();
  expect((await following.next()).done).toBe(false);
  away = true;
  await expect(feed.refresh()).rejects.toThrow('away');
  expect(await here.unary('fetchAllFlags', { selector: 'new/production' })).toMatchObject({
    code: status.UNAVAILABLE,
  });
  await expect(here.stream('new/production')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
  expect(unread).toEqual(['Error: away', 'Error: away']);
  away = false;
  await flags.set(TARGET, { name: 'checkout', by: 'ann' }, never);
  await feed.refresh();
  const next = (await following.next()) as { value: { flagConfiguration: string } };
  expect(next.value.flagConfiguration).toContain('"defaultVariant":"off"');
  await following.return?.();
});

test('whoever has ended twice takes nothing from those who follow anew', async () => {
  const heard: string[] = [];
  const follower = { heard: (text: string) => void heard.push(text), failed: () => undefined };
  const end = feed.follow({ ...TARGET, service: 'again' }, follower);
  end();
  feed.follow({ ...TARGET, service: 'again' }, follower);
  end();
  await feed.refresh();
  await flags.declare({ ...TARGET, service: 'again' }, { version: 'v1', flags: FLAGS }, never);
  await feed.refresh();
  expect(heard.at(-1)).toContain('checkout');
});
