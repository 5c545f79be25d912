import { afterEach, expect, test } from 'vitest';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import { checkoutShare, DARK } from '../support/dark.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { POLICY, labOfFile, type Lab } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { story, type Story } from '../support/story.js';

const [haproxy, nginx] = [fakeWorld(), fakeWorld()];
const lab: Lab = await labOfFile('shared', {
  shipped: {
    gone: ({ environment }) => Promise.resolve(lab.policy.environments[environment]?.goneRouters ?? []),
    ...{ routers: { haproxy: haproxy.router, nginx: nginx.router }, metrics: {} },
  },
});
afterEach(() => {
  calm(lab);
  lab.policy = POLICY;
  away(false);
});

const away = (is: boolean): void => {
  for (const method of ['observe', 'open', 'admit', 'split', 'drain', 'withdraw', 'close'])
    nginx.fail(method, is ? 'router.unavailable' : undefined);
};
const shifts = ({ log }: FakeWorld): string[] => log.filter((line) => line.startsWith('split'));
const said = async (shop: Story, n: number): Promise<readonly string[]> =>
  (await shop.seen(n)).timeline.map(({ what }) => what);
const BOTH = { router: 'haproxy+nginx' } as const;
const GRADUAL = deploymentPlan({ ...BOTH, rollback: { stepMs: 30_000 } });

/** Both serve v1, and v2 after it; or v2 bakes. */
async function shipped(service: string, deployment: DeploymentPlan, then: 'shipped' | 'bakes') {
  const shop = story(lab, service);
  expect((await shop.ship('v1', { deployment })).outcome).toBe('shipped');
  if (then === 'shipped') expect((await shop.ship('v2', { deployment })).outcome).toBe('shipped');
  else {
    lab.watching = ({ phase }) => (['bake', 'leaving'].includes(phase) ? 'until interrupted' : undefined);
    lab.watched.length = 0;
    await shop.begin('v2', { deployment });
    await shop.watching('bake');
  }
  for (const { log } of [haproxy, nginx]) log.length = 0;
  lab.watched.length = 0;
  return shop;
}
const watchedBack = () => lab.watched.map((w) => w.phase).filter((phase) => phase !== 'leaving');

test('users who go back by quarters do so at the router that follows, each quarter watched; the other is brought along by the next', async () => {
  const shop = await shipped('slow', GRADUAL, 'bakes');
  away(true);
  const watching = lab.watching;
  lab.watching = (w) => {
    if (w.phase === 'returning' && watchedBack().length === 2) away(false);
    return watching(w);
  };
  await shop.rollback();
  expect((await shop.deployed(2)).outcome).toBe('rolled_back');
  expect(shifts(haproxy)).toEqual([7_500, 5_000, 2_500, 0].map((share) => `split green ${String(share)}`));
  expect(shifts(nginx)).toEqual([2_500, 0].map((share) => `split green ${String(share)}`));
  expect(watchedBack()).toEqual(['returning', 'returning', 'returning']);
  const lagged = (await said(shop, 2)).filter((what) => what.includes('nginx does not follow'));
  expect(lagged).toHaveLength(2);
});

test('what a rollback brings back gets its users by quarters at the router that follows, or at once; it ends when the other has followed', async () => {
  const shop = await shipped('idle', GRADUAL, 'shipped');
  away(true);
  lab.watching = ({ phase }) => (phase === 'rollback 75 %' ? 'until interrupted' : undefined);
  await shop.rollback();
  await shop.watching('rollback 75 %');
  expect(watchedBack()).toEqual(['rollback 25 %', 'rollback 50 %', 'rollback 75 %']);
  await shop.rollback({ emergency: { severity: 'error' } });
  const all = [2_500, 5_000, 7_500, 10_000].map((share) => `split blue ${String(share)}`);
  await lab.until(
    () => Promise.resolve(shifts(haproxy).at(-1) === all.at(-1) || undefined),
    'all at HAProxy',
  );
  expect(shifts(nginx)).toEqual([]);
  away(false);
  expect((await shop.deployed(3)).outcome).toBe('shipped');
  expect([...new Set(shifts(haproxy))]).toEqual(all);
  expect(shifts(nginx)).toEqual(all.slice(-1));
});

test('a dark release goes back at the router that follows, its flag off; said to be gone, the other is waited for no more and left out', async () => {
  const shop = await shipped('dark', { ...DARK, ...BOTH }, 'bakes');
  expect(await checkoutShare(lab, shop)).toBe(10_000);
  away(true);
  await shop.rollback();
  await lab.until(() => Promise.resolve(shifts(haproxy).length > 0 || undefined), 'users to be back');
  expect(shifts(haproxy)[0]).toBe('split green 0');
  await lab.until(
    async () => ((await checkoutShare(lab, shop)) === undefined ? true : undefined),
    'the flag',
  );
  const production = { ...POLICY.environments['production'], goneRouters: ['nginx'] };
  lab.policy = { environments: { ...POLICY.environments, production } } as typeof POLICY;
  expect((await shop.deployed(2)).outcome).toBe('rolled_back');
  expect(await said(shop, 2)).toContain('undone: leave nginx as it is, which is gone');

  calm(lab);
  const alone = deploymentPlan({ router: 'haproxy' });
  expect(await shop.ship('v3', { deployment: alone })).toMatchObject({ outcome: 'shipped' });
  expect((await said(shop, 3))[0]).toBe('the policy says that nginx is gone: it is left as it is');
  // Once it is left out nobody has to say so any more, also for what was shipped by both.
  lab.policy = POLICY;
  await shop.rollback();
  expect((await shop.deployed(4)).outcome).toBe('shipped');
  expect(haproxy.routes.get('dark/production/')?.shares).toMatchObject({ blue: 10_000 });
  expect(shifts(nginx)).toEqual([]);
});
