import { afterEach, expect, test, vi } from 'vitest';
import { Gateway } from '../../src/gateway/gateway.js';
import { Lab, SHOP, splitOf, twoSlots, until } from './lab.js';

const lab = new Lab();
afterEach(() => lab.end());

test('a drain ends when its caller has gone, and not before because its request has been read', async () => {
  const draining = vi.spyOn(Gateway.prototype, 'drain');
  lab.onEnd(() => Promise.resolve(draining.mockRestore()));
  const admin = await lab.gateway();
  const { url, seen } = await lab.backend('slow', () => undefined);
  const address = await twoSlots(admin, url, url);
  const users = new AbortController();
  const asked = fetch(address, { signal: users.signal }).catch(() => undefined);
  await until(() => seen.length === 1);
  await admin.must('PUT', `${SHOP}/split`, splitOf(0));
  const drain = `${SHOP}/slots/blue/drain`;
  expect((await admin.call('POST', `${drain}?timeout=300`)).json).toEqual({ inflight: 1 });
  const caller = new AbortController();
  const call = fetch(`${admin.adminUrl}${drain}?timeout=600000`, {
    ...{ method: 'POST', signal: caller.signal },
    headers: { authorization: `Bearer ${admin.token}` },
  }).catch(() => undefined);
  await until(() => draining.mock.calls.length === 2);
  caller.abort();
  await call;
  expect(await draining.mock.results[1]?.value).toBe(1);
  users.abort();
  await asked;
});
