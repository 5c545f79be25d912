import { beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/domain/notification.js';
import type { MessageState } from '../../src/domain/outbox.js';
import { openStore } from '../../src/store/open.js';
import { NOTICE } from '../contracts/notifier.js';
import { sql } from './cluster.js';
import { storeOfFile } from './of-file.js';

const { store, url } = await storeOfFile();
beforeEach(() => sql(url, 'TRUNCATE shipway.outbox'));

const message = (id: string, more: Partial<Message> = {}): Message => ({
  ...{ id, channel: 'ops', about: 'w/gate', atMostOnce: true, repeats: false, notice: NOTICE, ...more },
});
const over = (id: string): Message =>
  message(id, { channel: 'pager', notice: { ...NOTICE, closes: true }, atMostOnce: false });
const states = async (): Promise<Record<string, MessageState>> =>
  Object.fromEntries((await store.outbox.list({})).map(({ id, state }) => [id, state]));
const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id).sort();
const later = (ms: number) =>
  sql(url, `UPDATE shipway.outbox SET changed_at = now() - ${String(ms)} * interval '1 ms'`);

test('a message is put once, comes back as it was, and is claimed once', async () => {
  const strange = message('a\u0000 \ud800', {
    about: 'b\u0000',
    notice: { ...NOTICE, lines: ['c\u0000'] },
  });
  await store.outbox.put([message('m1'), message('m2', { about: 'other' }), strange]);
  await store.outbox.put([message('m1'), strange]);
  const claims = await Promise.all(Array.from({ length: 8 }, () => store.outbox.claim(1)));
  const claimed = claims.flat();
  expect(claimed).toHaveLength(3);
  expect(claimed.find(({ id }) => id === 'm1')).toMatchObject({
    ...message('m1'),
    state: 'sending',
    attempts: 1,
  });
  expect(claimed.find(({ id }) => id.startsWith('a'))?.notice.lines).toEqual(['c\uFFFD']);
  expect(await store.outbox.claim(10)).toEqual([]);
});

test('so many of each channel are claimed, the oldest first', async () => {
  const of = (channel: string) =>
    Array.from({ length: 4 }, (_, i) => message(`${channel}${String(i)}`, { channel, about: String(i) }));
  await store.outbox.put([...of('ops'), ...of('pager')]);
  expect(ids(await store.outbox.claim(3))).toEqual(['ops0', 'ops1', 'ops2', 'pager0', 'pager1', 'pager2']);
  expect(ids(await store.outbox.claim(3))).toEqual(['ops3', 'pager3']);
});

describe('an attempt ends', () => {
  test.each([
    [{ state: 'sent' }, 'sent'],
    [{ state: 'failed', why: 'no\u0000' }, 'failed'],
    [{ state: 'unknown', why: 'no answer' }, 'unknown'],
    [{ state: 'waiting', why: 'later', afterMs: 60_000 }, 'waiting'],
  ] as const)('%j: %s', async (end, state) => {
    await store.outbox.put([message('m')]);
    const [claimed = expect.fail('nothing is due')] = await store.outbox.claim(1);
    await store.outbox.end(claimed, end);
    expect(await store.outbox.list({ states: [state] })).toMatchObject([{ id: 'm', attempts: 1 }]);
    expect(await store.outbox.claim(1)).toEqual([]);
  });

  test('tried again it is due after its time, and an end of the attempt before changes nothing', async () => {
    await store.outbox.put([message('m')]);
    const [first = expect.fail('nothing is due')] = await store.outbox.claim(1);
    await store.outbox.end(first, { state: 'waiting', why: 'later', afterMs: 0 });
    expect(await store.outbox.claim(1)).toMatchObject([{ id: 'm', attempts: 2, why: 'later' }]);
    await store.outbox.end(first, { state: 'sent' });
    expect(await states()).toEqual({ m: 'sending' });
  });
});

describe('nobody said how an attempt ended', () => {
  test('what must not come twice is given until its end is said, the rest waits again; what is under way is left', async () => {
    await store.outbox.put([message('slack'), message('pager', { channel: 'pager', atMostOnce: false })]);
    await store.outbox.claim(10);
    await later(120_000);
    await store.outbox.put([message('going', { about: 'other' })]);
    await store.outbox.claim(1);
    const lost = await store.outbox.lost(60_000);
    expect(ids(lost)).toEqual(['slack']);
    expect(await states()).toEqual({ slack: 'sending', pager: 'waiting', going: 'sending' });
    expect(await store.outbox.lost(60_000)).toEqual(lost);
    for (const one of lost) await store.outbox.end(one, { state: 'unknown', why: 'it ended' });
    expect(await states()).toEqual({ slack: 'unknown', pager: 'waiting', going: 'sending' });
    expect(await store.outbox.lost(60_000)).toEqual([]);
  });
});

describe('about the same', () => {
  test('a newer message replaces one of its channel that has not gone out', async () => {
    await store.outbox.put([message('first'), message('else', { channel: 'mail' })]);
    await store.outbox.put([message('second')]);
    expect(await states()).toEqual({ first: 'withdrawn', else: 'waiting', second: 'waiting' });
  });

  test('none overtakes one that is going out, which is not sent again after it', async () => {
    const alarm = message('alarm', { channel: 'pager', atMostOnce: false });
    await store.outbox.put([alarm]);
    const [going = expect.fail('nothing is due')] = await store.outbox.claim(1);
    await store.outbox.put([over('end')], 'w/gate');
    expect(await store.outbox.claim(10)).toEqual([]);
    await store.outbox.end(going, { state: 'waiting', why: 'later', afterMs: 0 });
    expect(ids(await store.outbox.claim(10))).toEqual(['end']);
    expect(await states()).toEqual({ alarm: 'withdrawn', end: 'sending' });
  });

  test('what is over is told by nobody any more, and not said again', async () => {
    await store.outbox.put([message('slack'), message('pager', { channel: 'pager' })]);
    await store.outbox.put([over('end')], 'w/gate');
    await store.outbox.put([message('again', { channel: 'pager', repeats: true })]);
    expect(await states()).toEqual({ slack: 'withdrawn', pager: 'withdrawn', end: 'waiting' });
    await store.outbox.put([message('anew', { channel: 'pager' })]);
    expect(await states()).toMatchObject({ anew: 'waiting' });
    await store.outbox.put([message('late', { channel: 'pager', repeats: true })]);
    expect(await states()).toMatchObject({ anew: 'withdrawn', late: 'waiting' });
  });

  test('an end that a channel does not take is never sent, and keeps what is under way from being tried again', async () => {
    await store.outbox.put([message('asked')]);
    const [going = expect.fail('nothing is due')] = await store.outbox.claim(1);
    const end = message('end', { notice: { ...NOTICE, closes: true }, unsent: true });
    await store.outbox.put([end], 'w/gate');
    await store.outbox.put([message('again', { repeats: true })]);
    await store.outbox.end(going, { state: 'waiting', why: 'later', afterMs: 0 });
    expect(await store.outbox.claim(1)).toEqual([]);
    expect(await states()).toEqual({ asked: 'withdrawn', end: 'withdrawn' });
  });
});

test('the list is newest first, of one target, and of some states', async () => {
  const blog = { ...NOTICE, service: 'blog' };
  await store.outbox.put([message('a'), message('b', { about: 'x', notice: blog })]);
  expect(
    (await store.outbox.list({ service: 'blog', environment: 'production', sinceDays: 1 })).map((m) => m.id),
  ).toEqual(['b']);
  expect((await store.outbox.list({})).map((m) => m.id)).toEqual(['b', 'a']);
  expect(await store.outbox.list({ states: ['failed'] })).toEqual([]);
  expect(await store.outbox.list({ limit: 1 })).toHaveLength(1);
});

test('old is what has had its end; what waits is never removed', async () => {
  await store.outbox.put([message('ended'), message('waits', { about: 'x' })]);
  const [claimed = expect.fail('nothing is due')] = await store.outbox.claim(1);
  await store.outbox.end(claimed, { state: 'sent' });
  await later(3_600_000);
  const page = { before: new Date(Date.now() - 60_000).toISOString(), limit: 10 };
  expect(await store.old.messages(page)).toEqual([{ id: 'ended' }]);
  await store.old.removeMessages(['ended']);
  expect(await states()).toEqual({ waits: 'waiting' });
});

test('a reader reads, and puts nothing', async () => {
  const reader = await openStore({ url, role: 'shipway_reader' });
  await store.outbox.put([message('m')]);
  expect(await reader.outbox.list({})).toHaveLength(1);
  await expect(reader.outbox.put([message('n')])).rejects.toThrow('permission denied');
  await reader.close();
});
