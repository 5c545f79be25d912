import { afterEach, expect, test } from 'vitest';
import { BUCKETS, bucketOf } from '../../src/domain/buckets.js';
import { ask, Lab, SHOP, splitOf, twoSlots, type Admin } from './lab.js';

const lab = new Lab();
afterEach(() => lab.end());

async function shop(): Promise<{ admin: Admin; address: string }> {
  const admin = await lab.gateway();
  const [blue, green] = [await lab.backend('blue'), await lab.backend('green')];
  return { admin, address: await twoSlots(admin, blue.url, green.url) };
}
const users = Array.from({ length: 400 }, (_, n) => `user-${String(n)}`);
const slotsOf = async (address: string, header = 'x-user-id'): Promise<string[]> => {
  const slots: string[] = [];
  for (const user of users) slots.push((await ask(address, { headers: { [header]: user } })).body);
  return slots;
};

test('each user is where the bucket says, again and again, and a growing share only adds users', async () => {
  const { admin, address } = await shop();
  let before = users.map(() => 'blue');
  for (const share of [0, 500, 2_500, 5_000, 10_000]) {
    await admin.must('PUT', `${SHOP}/split`, splitOf(BUCKETS - share));
    const now = await slotsOf(address);
    expect(now).toEqual(users.map((u) => (bucketOf('deployment-1', u) < share ? 'green' : 'blue')));
    expect(await slotsOf(address)).toEqual(now);
    expect(now.filter((slot, n) => slot === 'blue' && before[n] === 'green')).toEqual([]);
    before = now;
  }
});

test('shares of users without a key come out as set, within four standard deviations', async () => {
  const { admin, address } = await shop();
  await admin.must('PUT', `${SHOP}/split`, splitOf(7_500));
  const asked = 2_000;
  let green = 0;
  for (let n = 0; n < asked; n++) green += (await ask(address)).body === 'green' ? 1 : 0;
  const deviation = Math.sqrt(asked * 0.25 * 0.75);
  expect(Math.abs(green - asked * 0.25)).toBeLessThan(4 * deviation);
});

test('the first key that is present counts, header before cookie as listed; an empty one is none', async () => {
  const { admin, address } = await shop();
  await admin.must('PUT', `${SHOP}/split`, splitOf(5_000));
  const inGreen = users.filter((u) => bucketOf('deployment-1', u) < 5_000)[0] ?? '';
  const inBlue = users.filter((u) => bucketOf('deployment-1', u) >= 5_000)[0] ?? '';
  const at = async (headers: Record<string, string>): Promise<string> => {
    const { body, headers: answered } = await ask(address, { headers });
    expect(answered['set-cookie']).toBeUndefined();
    return body;
  };
  expect(await at({ 'x-user-id': inGreen, cookie: `uid=${inBlue}` })).toBe('green');
  expect(await at({ 'x-user-id': inBlue, cookie: `uid=${inGreen}` })).toBe('blue');
  expect(await at({ 'x-user-id': '', cookie: `a=1; uid=${inGreen}; b=2` })).toBe('green');
  expect(await at({ cookie: `a=1; uid=${inBlue}` })).toBe('blue');
});

test('a user without a key gets a cookie that keeps the slot', async () => {
  const { admin, address } = await shop();
  await admin.must('PUT', `${SHOP}/split`, splitOf(5_000));
  for (let n = 0; n < 30; n++) {
    const { body, headers } = await ask(address);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      /^shipway_id=[A-Za-z0-9_-]{22}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
    );
    const again = await ask(address, { headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect([again.body, again.headers['set-cookie']]).toEqual([body, undefined]);
  }
});

test('a forged cookie of the gateway is replaced, and behind TLS its cookie is Secure', async () => {
  const { admin, address } = await shop();
  await admin.must('PUT', `${SHOP}/split`, splitOf(5_000));
  const { headers } = await ask(address, {
    headers: { cookie: 'shipway_id=x', 'x-forwarded-proto': 'https' },
  });
  expect(headers['set-cookie']?.[0]).toMatch(/^shipway_id=[A-Za-z0-9_-]{22};.*; Secure$/);
});

test('while one slot has everything nobody gets a cookie', async () => {
  const { address } = await shop();
  expect((await ask(address)).headers['set-cookie']).toBeUndefined();
});
