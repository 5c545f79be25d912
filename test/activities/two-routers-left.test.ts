import { afterEach, beforeEach, expect, test } from 'vitest';
import { away, lags, of, twoRouters } from '../support/two-routers.js';

let two: Awaited<ReturnType<typeof twoRouters>>;
let haproxy: typeof two.haproxy;
let nginx: typeof two.nginx;
beforeEach(async () => {
  two = await twoRouters();
  ({ haproxy, nginx } = two);
});
afterEach(() => {
  two.close();
});

test('users who go back by shares are not held up by a router that lags: its users stay, and follow by the next share', async () => {
  const { shift, back } = await two.deployment('deploy');
  await shift(10_000);
  away(nginx, true);
  expect(await back(7_500)).toMatch(
    /^go on with one router: nginx does not follow: .*; haproxy has followed, and users of nginx may be where they were$/,
  );
  expect(two.shares().map((share) => share?.green)).toEqual([7_500, 10_000]);
  away(nginx, false);
  expect(await back(5_000)).toBeUndefined();
  expect(two.shares().map((share) => share?.green)).toEqual([5_000, 5_000]);
  nginx.fail('split', 'router.refused');
  expect(await back(2_500)).toContain('nginx does not follow');
  await expect(back()).rejects.toMatchObject({ type: 'router.refused' });
  nginx.fail('split', undefined);
  expect(await back()).toBeUndefined();
  expect(two.shares().map((share) => share?.blue)).toEqual([10_000, 10_000]);
});

test('nor are those who come to what a rollback brings back; its last step waits for both', async () => {
  const { shift, provide } = await two.deployment('rollback');
  await provide();
  nginx.fail('split', 'router.unavailable');
  expect(await shift(2_500)).toMatch(/^nginx does not follow/);
  expect(await shift(5_000)).toMatch(/^nginx does not follow/);
  expect(two.shares().map((share) => share?.green)).toEqual([5_000, undefined]);
  await expect(shift(10_000)).rejects.toMatchObject(lags);
  nginx.fail('split', undefined);
  expect(await shift(10_000)).toBeUndefined();
  expect(two.shares().map((share) => share?.green)).toEqual([10_000, 10_000]);
});

test.each(['deploy', 'rollback'] as const)(
  'of a router that is gone for good nothing is asked, and what it has stays: %s',
  async (kind) => {
    const { shift, provide, back } = await two.deployment(kind, [8_080, 8_081]);
    away(nginx, true);
    two.gone = ['nginx'];
    expect(await provide()).toEqual({ address: 'http://127.0.0.1:8080' });
    await shift(10_000);
    expect(of(haproxy)?.shares).toEqual({ blue: 0, green: 10_000 });
    expect(await back()).toBe('leave nginx as it is, which is gone');
    expect(of(haproxy)?.shares.blue).toBe(10_000);
    expect(of(nginx)).toMatchObject({ address: 'http://127.0.0.1:1', members: { green: ['http://green'] } });
  },
);

test('said amid a way back that waits for it, that is over; the second listens alone where it did beside the first', async () => {
  const { shift, provide, back } = await two.deployment('deploy', [8_080, 8_081]);
  await provide();
  await shift(5_000);
  for (const change of ['open', 'admit', 'split']) haproxy.fail(change, 'router.unavailable');
  await expect(back()).rejects.toMatchObject({ type: 'router.unavailable' });
  two.gone = ['haproxy'];
  expect(await back()).toBe('leave haproxy as it is, which is gone');
  expect(of(nginx)).toMatchObject({ address: 'http://127.0.0.1:8081', shares: { blue: 10_000 } });
  nginx.routes.clear();
  expect(await provide()).toEqual({ address: 'http://127.0.0.1:8081' });
});
