import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/domain/notification.js';
import type { Policy } from '../../src/domain/policy.js';
import { labOfFile, POLICY } from '../support/lab.js';
import { pipelineInput, plan } from '../support/plans.js';
import { record } from '../support/record.js';
import { answer } from '../support/steering.js';
import { story } from '../support/story.js';

const lab = await labOfFile('time skipping');
const { production } = POLICY.environments;
const BOTH = ['ops', 'pager'];
const TOLD: Policy = {
  environments: {
    ...POLICY.environments,
    production: {
      ...(production ?? expect.fail()),
      notify: {
        approval_asked: ['ops'],
        parked: BOTH,
        undo_failed: BOTH,
        paused: ['ops'],
        rolled_back: ['ops'],
      },
    },
  },
  notifications: {
    channels: {
      ops: { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' },
      pager: { kind: 'pagerduty', routingKey: 'SHIPWAY_NOTIFY_PAGER', url: 'https://events.example/' },
    },
    pageEveryMs: 15 * 60_000,
  },
};
beforeEach(() => {
  lab.policy = TOLD;
});
afterEach(() => {
  lab.policy = POLICY;
  lab.watching = () => undefined;
  lab.store.away(0);
  for (const operation of ['split', 'remove']) lab.world.fail(operation, undefined);
});

/** What was put about this service, oldest first, by what and to whom; `more` says it again or that it is over. */
async function told(service: string, event: Event): Promise<readonly string[]> {
  const rows = await lab.store.outbox.list({});
  return rows
    .filter(({ notice }) => notice.service === service && notice.event === event)
    .map(
      ({ channel, repeats, notice }) => `${channel}${repeats ? ' again' : ''}${notice.closes ? ' over' : ''}`,
    )
    .reverse();
}
const untilTold = (service: string, event: Event, least: number) =>
  lab.until(
    async () => {
      const all = await told(service, event);
      return all.length >= least ? all : undefined;
    },
    `${String(least)} messages`,
  );

describe('an open question is told again until it is answered', () => {
  test('of what could not be undone: every fifteen minutes, and never after the answer', async () => {
    const shop = story(lab, 'paged-undo');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    lab.watching = (w) => {
      if (w.phase !== 'bake') return undefined;
      lab.world.fail('remove', 'router.refused');
      return { verdict: { kind: 'fail', reason: 'errors' } };
    };
    const input = await shop.begin('bad');
    await lab.until(async () => (await shop.seen(2).catch(() => undefined))?.waitingFor, 'the question');
    await untilTold('paged-undo', 'undo_failed', 2);
    await lab.env.sleep('16m');
    await untilTold('paged-undo', 'undo_failed', 4);
    await lab.env.sleep('15m');
    const all = await untilTold('paged-undo', 'undo_failed', 6);
    expect(all).toEqual(['ops', 'pager', 'ops again', 'pager again', 'ops again', 'pager again']);
    lab.world.fail('remove', undefined);
    await answer(lab, shop, 2, 'approve');
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect((await untilTold('paged-undo', 'undo_failed', 8)).slice(6)).toEqual(['ops over', 'pager over']);
    expect(await told('paged-undo', 'rolled_back')).toEqual(['ops']);
    await lab.env.sleep('2h');
    expect(await told('paged-undo', 'undo_failed')).toHaveLength(8);
    await record('deployment-paged', shop.deployment(2));
    const waiting = await lab.store.outbox.list({ states: ['waiting'] });
    const left = waiting.filter(
      ({ notice }) => notice.service === 'paged-undo' && notice.event === 'undo_failed',
    );
    expect(left.map(({ notice }) => notice.closes)).toEqual([true]);
  });

  // The server skips no time while the candidate is watched.
  test('of a deployment in doubt, whose title says what each answer does', async () => {
    const shop = story(lab, 'paged-doubt');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    lab.watching = (w) =>
      w.phase === 'parked'
        ? 'until interrupted'
        : w.phase === 'canary 5 %'
          ? { verdict: { kind: 'inconclusive', reason: 'too little' } }
          : undefined;
    lab.policy = {
      ...TOLD,
      notifications: { channels: TOLD.notifications?.channels ?? {}, pageEveryMs: 3_000 },
    };
    const input = await shop.begin('v2');
    await shop.watching('parked');
    await untilTold('paged-doubt', 'parked', 4);
    const [last] = await lab.store.outbox.list({});
    expect(last?.notice.lines[0]).toContain(
      'canary 5 % is inconclusive: too little. approve: go on; reject: go back',
    );
    await answer(lab, shop, 2, 'reject');
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    expect((await told('paged-doubt', 'parked')).at(-1)).toBe('pager over');
  });
});

test('an approval is told again once, an hour before it expires', async () => {
  const input = pipelineInput(plan('v1', { service: 'reminded' }));
  const handle = await lab.start(input);
  await untilTold('reminded', 'approval_asked', 1);
  await lab.env.sleep('22h');
  expect(await told('reminded', 'approval_asked')).toEqual(['ops']);
  await lab.env.sleep('70m');
  expect(await untilTold('reminded', 'approval_asked', 2)).toEqual(['ops', 'ops again']);
  await lab.env.sleep('2h');
  await expect(handle.result()).rejects.toThrow();
  expect(await told('reminded', 'approval_asked')).toEqual(['ops', 'ops again', 'ops over']);
  await record('pipeline-reminded', handle);
});

test('what cannot be put changes nothing: the run ships, and its question is answered', async () => {
  lab.store.away(1_000, 'outbox.put');
  const shop = story(lab, 'untold');
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  expect(await told('untold', 'approval_asked')).toEqual([]);
});

test('where the policy tells nobody there is no message and no timer', async () => {
  lab.policy = POLICY;
  const shop = story(lab, 'silent');
  const input = await shop.begin('v1');
  expect((await shop.ended(input)).outcome).toBe('shipped');
  const { events } = await shop.pipeline(input).fetchHistory();
  const timers = events?.flatMap((e) => e.timerStartedEventAttributes?.startToFireTimeout?.seconds ?? []);
  expect(timers?.map(Number)).not.toContain(82_800);
  expect((await lab.store.outbox.list({})).filter(({ notice }) => notice.service === 'silent')).toEqual([]);
});
