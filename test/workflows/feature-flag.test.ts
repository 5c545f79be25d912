import { ApplicationFailure } from '@temporalio/common';
import { afterEach, expect, test, vi } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import { DARK, checkoutShare, flagAtSplits } from '../support/dark.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { record } from '../support/record.js';
import { deploymentPlan } from '../support/plans.js';
import { steer } from '../support/steering.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
  lab.store.away(0);
  vi.restoreAllMocks();
});

const never = new AbortController().signal;
const dark = { deployment: DARK };

/** v1 serves and reads the flag, or as it is deployed here; what each watch of v2 sees of it is noted, with what the script answers. */
async function serving(service: string, script: Record<string, object | string> = {}, before = DARK) {
  const shop = story(lab, service);
  expect((await shop.ship('v1', { deployment: before })).outcome).toBe('shipped');
  const seen: string[] = [];
  lab.watching = async (w) => {
    if (w.service !== service) return undefined;
    seen.push(`${w.phase}: ${await shareOf(shop)}`);
    return script[w.phase] as never;
  };
  lab.world.log.length = 0;
  return { shop, seen };
}
const target = ({ service }: Story) => ({ service, environment: 'production' });
const shareOf = async (shop: Story): Promise<string> => String((await checkoutShare(lab, shop)) ?? 'off');
const bad = { verdict: { kind: 'fail', reason: 'errors' } };
const SHIPPED_DARK = ['ensure green v2', 'split green 10000'];
const OFF = 'undone: turn checkout off';
const RETURNED = [
  'undone: send all traffic back',
  'undone: make v1 the live release',
  'undone: remove v2 from green',
];
const undone = async (shop: Story): Promise<readonly string[]> =>
  (await shop.seen(2)).timeline.map(({ what }) => what).filter((what) => what.startsWith('undone'));

test('all users get it dark, watched; then more and more have the flag on, and it bakes at 100 %', async () => {
  const { shop, seen } = await serving('ramps');
  await lab.store.flags.set(
    target(shop),
    {
      name: 'checkout',
      by: 'ann',
      rule: { named: { variant: 'on', users: ['ann'], groups: [] }, shares: {} },
    },
    never,
  );
  expect(await shop.ended(await shop.begin('v2', dark))).toMatchObject({ outcome: 'shipped' });
  expect(seen).toEqual(['dark: off', 'checkout 10 %: 1000', 'bake: 10000']);
  expect(lab.world.log).toEqual([...SHIPPED_DARK, 'remove blue']);
  expect(await lab.store.flags.list(target(shop), never)).toMatchObject([
    {
      rule: { named: { users: ['ann'] }, shares: { on: FULL } },
      set: { by: 'deployment/ramps/production/2' },
    },
  ]);
  const effects = lab.store
    .entries()
    .filter((e) => e.workflow === 'deployment/ramps/production/2' && e.event_type === 'effect.intent')
    .filter((e) => e.details['effect'] === 'ramp_flag')
    .map((e) => e.details['share']);
  expect(effects).toEqual([1_000, FULL]);
  await record('deployment-feature-flag', shop.deployment(2));
});

test.each([
  ['checkout 10 %', ['dark: off', 'checkout 10 %: 1000']],
  ['bake', ['dark: off', 'checkout 10 %: 1000', 'bake: 10000']],
])('bad in %s: the flag is off again and the release stays, dark and held', async (phase, phases) => {
  const { shop, seen } = await serving(`bad-in-${phase.slice(0, 4)}`, { [phase]: bad });
  expect(await shop.ended(await shop.begin('v2', dark))).toEqual({
    outcome: 'rolled_back',
    reason: 'checkout is off again, and v2 stays, dark: errors',
  });
  expect([seen, await shareOf(shop)]).toEqual([phases, 'off']);
  // No user was moved, and what was replaced has gone, as after every deployment that stays.
  expect(lab.world.log).toEqual([...SHIPPED_DARK, 'remove blue']);
  expect(await undone(shop)).toEqual(['undone: turn checkout off']);
  expect(shop.state()).toMatchObject({
    live: { release: { version: 'v2' }, slot: 'green' },
    knownGood: { release: { version: 'v1' } },
    holdMarks: [{ version: 'v2' }],
  });
});

test('promoted, a share of users has it on now, and it goes on by its steps; not while it is dark', async () => {
  const { shop, seen } = await serving('promoted', {
    dark: 'until interrupted',
    'checkout 10 %': 'until interrupted',
  });
  const input = await shop.begin('v2', dark);
  await shop.watching('dark');
  await expect(steer(shop, 2, 'promote')).rejects.toMatchObject({
    cause: { message: 'no user has its flag on yet: what has not been watched at all is not promoted' },
  });
  await steer(shop, 2, 'skip');
  await shop.watching('checkout 10 %');
  expect(await steer(shop, 2, 'promote', 4_000)).toEqual({
    status: 'accepted',
    message: 'checkout goes to 40 % now',
  });
  expect((await shop.ended(input)).outcome).toBe('shipped');
  expect(seen).toEqual(['dark: off', 'checkout 10 %: 1000', 'checkout 40 %: 4000', 'bake: 10000']);
  expect(lab.world.log).toEqual([...SHIPPED_DARK, 'remove blue']);
});

test('bad while it is dark it goes back as any other', async () => {
  const { shop, seen } = await serving('bad-dark', { dark: bad });
  expect(await shop.ended(await shop.begin('v2', dark))).toEqual({
    outcome: 'rolled_back',
    reason: 'errors',
  });
  expect([seen, await shareOf(shop)]).toEqual([['dark: off'], 'off']);
  expect(lab.world.log).toEqual([...SHIPPED_DARK, 'split green 0', 'remove green']);
  expect(shop.state()?.live?.release.version).toBe('v1');
});

test.each([
  ['once it is off, where they read it there, too', 'asked', DARK, undefined, ''],
  ['at once, where they do not', 'asked-anew', deploymentPlan(), 1_000, '-at-once'],
])(
  'who asks for a rollback amid the ramp has the flag off and the release back: users go %s',
  async (_, service, before, flag, recordedAs) => {
    const { shop } = await serving(service, { 'checkout 10 %': 'until interrupted' }, before);
    const input = await shop.begin('v2', dark);
    await shop.watching('checkout 10 %');
    const seen = flagAtSplits(lab, shop);
    expect(await shop.rollback()).toMatchObject({ status: 'running' });
    expect(await shop.ended(input)).toMatchObject({
      outcome: 'rolled_back',
      reason: 'rollback by carol: bad',
    });
    expect(seen).toEqual([flag]);
    expect(await undone(shop)).toEqual(expect.arrayContaining([OFF, ...RETURNED]));
    expect([await shareOf(shop), shop.serving(), shop.state()?.holdMarks]).toEqual(['off', ['blue'], []]);
    await record(`deployment-feature-flag-back${recordedAs}`, shop.deployment(2));
  },
);

test('users go back while the store says nothing of the flag, which is turned off when it does', async () => {
  const { shop } = await serving('hangs', { 'checkout 10 %': 'until interrupted' });
  const input = await shop.begin('v2', dark);
  await shop.watching('checkout 10 %');
  const list = lab.store.flags.list.bind(lab.store.flags);
  const asked = vi.spyOn(lab.store.flags, 'list').mockImplementation(async (...of) => {
    await vi.waitUntil(async () => (await undone(shop)).length === RETURNED.length, { timeout: 20_000 });
    return list(...of);
  });
  await shop.rollback();
  expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back' });
  // Not once more after all else: that would be in vain twice before, and ten seconds later.
  expect(asked.mock.calls.length).toBeLessThan(3);
  asked.mockRestore();
  expect(await undone(shop)).toEqual([...RETURNED, OFF]);
  expect([await shareOf(shop), shop.serving()]).toEqual(['off', ['blue']]);
});

test('on the way back it is tried on as all else that is undone, and nobody is asked about what comes right by itself', async () => {
  const { shop } = await serving('dies', { 'checkout 10 %': 'until interrupted' });
  const input = await shop.begin('v2', dark);
  await shop.watching('checkout 10 %');
  const asked = vi.spyOn(lab.store.flags, 'list');
  for (let i = 0; i < 4; i++) asked.mockRejectedValueOnce(ApplicationFailure.retryable('gone'));
  await shop.rollback();
  expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back' });
  expect(asked.mock.calls.length).toBeGreaterThan(4);
  expect([await shareOf(shop), shop.serving()]).toEqual(['off', ['blue']]);
});

test('users who go back by quarters do so once the flag is off', async () => {
  const { shop, seen } = await serving('slowly', {
    'checkout 10 %': 'until interrupted',
    leaving: 'until interrupted',
  });
  const input = await shop.begin('v2', dark);
  await shop.watching('checkout 10 %');
  const splits = flagAtSplits(lab, shop);
  await shop.rollback({ pace: 'gradual' });
  expect(await shop.ended(input)).toMatchObject({ outcome: 'rolled_back' });
  expect(seen).toContain('returning: off');
  expect(splits).toEqual([undefined, undefined, undefined, undefined]);
  expect((await undone(shop))[0]).toBe(OFF);
});

test('when the flag cannot be turned off, users do not wait for that: the release goes back', async () => {
  const { shop } = await serving('away', { 'checkout 10 %': bad });
  const input = await shop.begin('v2', dark);
  lab.watching = (w) => {
    if (w.service !== 'away' || w.phase !== 'checkout 10 %') return undefined;
    lab.store.away(3, 'flags.list');
    return bad as never;
  };
  expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
  expect(lab.world.log).toEqual([...SHIPPED_DARK, 'split green 0', 'remove green']);
  expect([await shareOf(shop), shop.state()?.live?.release.version]).toEqual(['off', 'v1']);
});

test('with a flag that users have already nothing is begun', async () => {
  const { shop } = await serving('lit');
  await lab.store.flags.set(
    target(shop),
    { name: 'checkout', by: 'ann', rule: { shares: { on: 2_000 } } },
    never,
  );
  const input = await shop.begin('v2', dark);
  const ended = {
    outcome: 'failed',
    reason: 'checkout of lit in production is on for 20% of the users',
    failure: 'flag.on',
  };
  expect(await shop.ended(input)).toEqual(ended);
  expect([await lab.view(input), await shop.seen(2)]).toMatchObject([ended, ended]);
  expect([lab.world.log, await shareOf(shop)]).toEqual([[], '2000']);
});
