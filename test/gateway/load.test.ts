import { afterEach, expect, test } from 'vitest';
import { load } from './load.js';
import { Lab, SHOP, splitOf, twoSlots, until, type Admin, type Counted } from './lab.js';
import { backendProcess, gatewayProcess, kill } from './processes.js';

const lab = new Lab();
afterEach(() => lab.end());

const PER_SECOND = 600;
const drain = async (admin: Admin, slot: string): Promise<void> => {
  const answer = await admin.must<object>('POST', `${SHOP}/slots/${slot}/drain?timeout=5000`);
  expect(answer).toEqual({ inflight: 0 });
};

test('no request fails across 100 changes of shares', async () => {
  const admin = await gatewayProcess(lab, await lab.folder());
  const [blue, green] = [await backendProcess(lab, 'blue'), await backendProcess(lab, 'green')];
  const running = load(await twoSlots(admin, blue.url, green.url), PER_SECOND);
  for (let change = 1; change <= 100; change++) {
    await admin.must('PUT', `${SHOP}/split`, splitOf((change * 3_700) % 10_001));
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  const { sent, failures, byName } = await running.stop();
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(2_000);
  expect(byName['blue']).toBeGreaterThan(sent / 5);
  expect(byName['green']).toBeGreaterThan(sent / 5);
  const counted = async (): Promise<number> =>
    (await admin.must<Counted>('GET', `${SHOP}/metrics`)).series.reduce((n, s) => n + s.requests, 0);
  await until(async () => (await counted()) === sent);
});

test('no request fails while every member is replaced, drained and killed in turn', async () => {
  const admin = await gatewayProcess(lab, await lab.folder());
  let members = [await backendProcess(lab, 'v0'), await backendProcess(lab, 'v0')];
  const address = await twoSlots(admin, members[0]?.url ?? '', members[1]?.url ?? '');
  await admin.must('PUT', `${SHOP}/slots/blue`, { release: 'sha256:0', members: members.map((m) => m.url) });
  const running = load(address, PER_SECOND);
  for (let version = 1; version <= 6; version++) {
    const [leaving, staying] = members;
    const next = await backendProcess(lab, `v${String(version)}`);
    members = [staying, next].filter((m) => m !== undefined);
    const release = `sha256:${String(version)}`;
    await admin.must('PUT', `${SHOP}/slots/blue`, { release, members: members.map((m) => m.url) });
    await drain(admin, 'blue');
    if (leaving !== undefined) await kill(leaving, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const { sent, failures, byName } = await running.stop();
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(1_000);
  expect(Object.keys(byName)).toEqual(expect.arrayContaining(['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6']));
});

test('no request fails across flips, withdrawals and forced returns, with the emptied slot’s processes killed', async () => {
  const admin = await gatewayProcess(lab, await lab.folder());
  const blue = await backendProcess(lab, 'blue');
  let green = await backendProcess(lab, 'green');
  const running = load(await twoSlots(admin, blue.url, green.url), PER_SECOND);
  for (let round = 0; round < 5; round++) {
    await admin.must('PUT', `${SHOP}/slots/green`, {
      release: `sha256:g${String(round)}`,
      members: [green.url],
    });
    for (const share of [9_500, 5_000, 0, 10_000]) {
      await admin.must('PUT', `${SHOP}/split`, splitOf(share));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await drain(admin, 'green');
    await admin.must('DELETE', `${SHOP}/slots/green`);
    await kill(green, 'SIGTERM');
    green = await backendProcess(lab, 'green');
  }
  const { sent, failures, byName } = await running.stop();
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(1_000);
  expect(byName['green']).toBeGreaterThan(100);
});

test('connections that a service closes after being idle for a while do not fail the next request', async () => {
  const admin = await gatewayProcess(lab, await lab.folder());
  const blue = await backendProcess(lab, 'blue');
  const address = await twoSlots(admin, blue.url, blue.url);
  const failures: string[] = [];
  // Around the 5 s after which Node's server closes an idle connection, where the race would be.
  for (const pause of [0, 3_980, 4_020, 4_980, 5_010]) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const burst = load(address, 200);
    await until(() => burst.sent() >= 20);
    failures.push(...(await burst.stop()).failures);
  }
  expect(failures).toEqual([]);
}, 40_000);
