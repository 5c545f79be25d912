import { afterEach, expect, test, vi } from 'vitest';
import { DARK, checkoutShare, flagAtSplits } from '../support/dark.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
  lab.store.away(0);
  vi.restoreAllMocks();
});

const OFF = 'off again, as what is taken back had turned it on: checkout';

/** v1 serves as it is deployed here; v2 has shipped dark and has its flag on for all users. */
async function turnedOn(service: string, before = DARK): Promise<Story> {
  const shop = story(lab, service);
  await shop.ship('v1', { deployment: before });
  expect((await shop.ship('v2', { deployment: DARK })).outcome).toBe('shipped');
  expect(await checkoutShare(lab, shop)).toBe(10_000);
  return shop;
}
const set = ({ service }: Story, on: number | undefined, by: string) =>
  lab.store.flags.set(
    { service, environment: 'production' },
    { name: 'checkout', by, ...(on === undefined ? {} : { rule: { shares: { on } } }) },
    new AbortController().signal,
  );
const said = async (shop: Story): Promise<readonly string[]> =>
  (await shop.seen(3)).timeline.map(({ what }) => what);

test.each([
  ['once it is off, where it is read there, too', 'left-ahead', DARK, undefined],
  ['at once, where it is not', 'left-at-once', deploymentPlan(), 10_000],
])(
  'what a shipped release has turned on goes off with it: users go back %s',
  async (_, service, before, flag) => {
    const shop = await turnedOn(service, before);
    const seen = flagAtSplits(lab, shop);
    expect(await shop.rollback()).toMatchObject({ status: 'running' });
    expect((await shop.deployed(3)).outcome).toBe('shipped');
    expect(seen).toEqual([flag]);
    expect([await checkoutShare(lab, shop), shop.state()?.live?.release.version]).toEqual([undefined, 'v1']);
    expect(await said(shop)).toContain(OFF);
    await record(`deployment-${service}`, shop.deployment(3));
    // What comes next can be turned on by steps again.
    vi.restoreAllMocks();
    expect((await shop.ship('v3', { deployment: DARK })).outcome).toBe('shipped');
  },
);

test('users who go back by quarters have it off before the first of them moves', async () => {
  const shop = await turnedOn('left-slowly');
  const seen = flagAtSplits(lab, shop);
  await shop.rollback({ pace: 'gradual' });
  expect((await shop.deployed(3)).outcome).toBe('shipped');
  expect(seen).toEqual([undefined, undefined, undefined, undefined]);
});

test('users go back while the store says nothing of the flag, which is off when it does and before the end', async () => {
  const shop = await turnedOn('left-hanging');
  const { router } = lab.world;
  const [list, split] = [lab.store.flags.list.bind(lab.store.flags), router.split.bind(router)];
  let moved = false;
  vi.spyOn(router, 'split').mockImplementation(async (...of) => {
    await split(...of);
    moved = true;
  });
  vi.spyOn(lab.store.flags, 'list').mockImplementation(async (...of) => {
    await vi.waitUntil(() => moved, { timeout: 20_000 });
    return list(...of);
  });
  await shop.rollback();
  expect((await shop.deployed(3)).outcome).toBe('shipped');
  expect(await said(shop)).toEqual(
    expect.arrayContaining(['not off yet, and no user waits for that: checkout', OFF]),
  );
  expect(await checkoutShare(lab, shop)).toBeUndefined();
});

test('what the store does not take is tried on until it does, and its permit is open as long', async () => {
  const shop = await turnedOn('left-away');
  lab.store.away(5, 'flags.list');
  await shop.rollback();
  expect((await shop.deployed(3)).outcome).toBe('shipped');
  expect(await said(shop)).toContain(OFF);
  expect(await checkoutShare(lab, shop)).toBeUndefined();
});

test('what a person has set since stays as it is', async () => {
  const shop = await turnedOn('left-set');
  await set(shop, 2_000, 'ann');
  await shop.rollback();
  expect((await shop.deployed(3)).outcome).toBe('shipped');
  expect(await checkoutShare(lab, shop)).toBe(2_000);
  expect(await said(shop)).not.toContain(OFF);
});

test('what cannot be started brings nobody back, and turns nothing off', async () => {
  const shop = await turnedOn('left-unstarted');
  lab.world.fail('ensure', 'instance.start_failed', 2);
  await shop.rollback();
  expect((await shop.deployed(3)).outcome).toBe('failed');
  expect(await checkoutShare(lab, shop)).toBe(10_000);
});
