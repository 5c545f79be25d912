import { describe, expect, test } from 'vitest';
import {
  againAfter,
  heardBy,
  messagesOf,
  remindAfter,
  remindOf,
  remindUnread,
  type Notify,
} from '../../src/domain/notification.js';
import type { Policy } from '../../src/domain/policy.js';
import { NOTICE } from '../contracts/notifier.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const policy = (notify?: Notify): Policy => ({
  environments: {
    production: {
      identity: 'asserted',
      approvals: {
        requiredApprovals: 1,
        expiresAfterMs: 24 * HOUR,
        selfApproval: false,
        onBaseChanged: 'fail',
      },
      ...(notify && { notify }),
    },
  },
  notifications: {
    channels: {
      ops: { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' },
      mail: { kind: 'email', host: 'h', port: 25, tls: 'none', from: 'a@b', to: ['c@d'] },
      pager: { kind: 'pagerduty', routingKey: 'SHIPWAY_NOTIFY_P', url: 'https://e' },
      hook: { kind: 'webhook', url: 'SHIPWAY_NOTIFY_H' },
    },
    pageEveryMs: 5 * MINUTE,
  },
});
const ALL = ['ops', 'mail', 'pager', 'hook'];

describe('who hears', () => {
  test.each([
    ['what the policy says', policy({ parked: ['ops'] }), 'production', ['ops']],
    ['nobody, when it says nothing', policy(), 'production', []],
    ['nobody of another event', policy({ drift: ['ops'] }), 'production', []],
    ['nobody of another environment', policy({ parked: ['ops'] }), 'staging', []],
    ['nobody of what is no environment', policy({ parked: ['ops'] }), 'constructor', []],
    ['nobody of a channel that is gone', policy({ parked: ['gone', 'toString'] }), 'production', []],
  ] as const)('%s', (_, rules, environment, names) => {
    expect(heardBy(rules, environment, 'parked').map(([name]) => name)).toEqual(names);
  });

  test.each([
    ['of trouble, beside whom the policy tells', 'parked', ['ops', 'pager'], ['ops', 'pager']],
    ['once, whoever says it', 'parked', ['ops'], ['ops']],
    ['also where the policy tells nobody', 'rolled_back', ['pager'], ['pager']],
    ['never instead of whom the policy tells', 'parked', [], ['ops']],
    ['of nothing else', 'shipped', ['pager'], []],
    ['of no channel that is gone', 'failed', ['gone', 'toString'], []],
  ] as const)('a channel that a service names hears %s', (_, event, named, names) => {
    const rules = policy({ parked: ['ops'] });
    expect(heardBy(rules, 'production', event, named).map(([name]) => name)).toEqual(names);
  });

  test('one message a channel, once at most where it shows twice; ends are sent only where alarms have one', () => {
    const telling = { key: 'k', about: 'a', notice: NOTICE };
    const rules = policy({ parked: ALL });
    expect(messagesOf(rules, telling).map((m) => [m.id, m.channel, m.atMostOnce])).toEqual([
      ['k/ops', 'ops', true],
      ['k/mail', 'mail', true],
      ['k/pager', 'pager', false],
      ['k/hook', 'hook', false],
    ]);
    const over = { ...telling, notice: { ...NOTICE, closes: true as const } };
    expect(messagesOf(rules, over).map(({ channel, unsent }) => [channel, unsent])).toEqual([
      ['ops', true],
      ['mail', true],
      ['pager', undefined],
      ['hook', undefined],
    ]);
  });
});

describe('telling again', () => {
  const all = policy({ parked: ALL, undo_failed: ALL, approval_asked: ALL, paused: ALL, stuck: ALL });
  test.each([
    ['parked', undefined, { afterMs: 5 * MINUTE, repeats: true }],
    ['undo_failed', undefined, { afterMs: 5 * MINUTE, repeats: true }],
    ['approval_asked', 24 * HOUR, { afterMs: 23 * HOUR, repeats: false }],
    ['approval_asked', 2 * HOUR, { afterMs: HOUR, repeats: false }],
    ['approval_asked', 10 * MINUTE, { afterMs: 5 * MINUTE, repeats: false }],
    ['approval_asked', undefined, { afterMs: 5 * MINUTE, repeats: true }],
    ['paused', undefined, { afterMs: 5 * MINUTE, repeats: true }],
    ['stuck', undefined, undefined],
  ] as const)('%s that expires after %s', (event, expires, remind) => {
    const expiring = expires === undefined ? {} : { expiresAfterMs: expires };
    expect(remindOf(all, 'production', event, expiring)).toEqual(remind);
    expect(remindOf(policy(), 'production', event, expiring)).toBeUndefined();
  });

  test('who is named by the service alone is told again, of trouble', () => {
    const again = { afterMs: 5 * MINUTE, repeats: true };
    expect(remindOf(policy(), 'production', 'parked', { named: ['pager'] })).toEqual(again);
    expect(remindOf(policy(), 'production', 'approval_asked', { named: ['pager'] })).toBeUndefined();
    expect(remindOf(policy(), 'production', 'parked', { named: ['gone'] })).toBeUndefined();
  });

  test.each([
    ['parked', { afterMs: 15 * MINUTE, repeats: true }],
    ['undo_failed', { afterMs: 15 * MINUTE, repeats: true }],
    ['paused', { afterMs: 15 * MINUTE, repeats: true }],
    ['stuck', undefined],
  ] as const)('%s, of a policy that could not be read', (event, remind) => {
    expect(remindUnread(event)).toEqual(remind);
    expect(remindUnread(event, HOUR)).toBeUndefined();
  });

  test.each([
    [5 * MINUTE, true, 0, 5 * MINUTE],
    [5 * MINUTE, true, 25 * HOUR, HOUR],
    [3 * HOUR, true, 25 * HOUR, 3 * HOUR],
    [30 * HOUR, false, 25 * HOUR, 30 * HOUR],
  ])('every %i (again: %s), open for %i: after %i', (afterMs, repeats, open, next) => {
    expect(remindAfter({ afterMs, repeats }, open)).toBe(next);
  });
});

test.each([
  [1, 0, MINUTE],
  [2, 0, 2 * MINUTE],
  [6, HOUR, 32 * MINUTE],
  [50, HOUR, HOUR],
  [3, 24 * HOUR, undefined],
])('attempt %i of a message that is %i old is tried again after %s', (attempts, age, after) => {
  expect(againAfter(attempts, age)).toBe(after);
});
