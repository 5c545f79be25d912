import { expect, test } from 'vitest';
import { barredFrom } from '../../src/domain/policy.js';
import {
  askersOf,
  pushText,
  requesterOf,
  statusText,
  triggeredRun,
  type Cause,
} from '../../src/domain/trigger.js';

const push = {
  ...{ kind: 'push', provider: 'gitlab', delivery: 'd', branch: 'main', before: 'b', after: 'a' },
  ...{ pusher: 'ann', alsoKnownAs: ['ann', 'Ann Example', 'a.example@acme.example'] },
} as const satisfies Cause;
const schedule: Cause = { kind: 'schedule', name: 'nightly', by: 'carol', branch: 'main' };
const rules = {
  ...{ requiredApprovals: 1, expiresAfterMs: 1, selfApproval: false },
  onBaseChanged: 'ask_again',
} as const;

test('who had a machine ask may not approve, by any name; nor may the commit’s author', () => {
  const plan = { author: 'dev@acme.example', askedBy: askersOf(push) };
  expect(barredFrom(rules, requesterOf(push), plan)).toEqual([
    ...['hook:gitlab/ann', 'dev@acme.example', 'dev', 'ann', 'Ann Example'],
    ...['a.example@acme.example', 'a.example'],
  ]);
  expect(barredFrom(rules, requesterOf(schedule), { author: 'dev', askedBy: askersOf(schedule) })).toEqual([
    ...['schedule:nightly', 'dev', 'carol'],
  ]);
  expect(barredFrom({ ...rules, selfApproval: true }, requesterOf(push), plan)).toEqual([]);
  expect(barredFrom(rules, 'alice', { author: 'dev' })).toEqual(['alice', 'dev']);
});

test('a push is the same by service, branch and both commits, whatever it is delivered as', () => {
  const text = pushText('lamp', push);
  const again: Cause = { ...push, delivery: 'other', pusher: 'bob', alsoKnownAs: [] };
  expect(pushText('lamp', again)).toBe(text);
  for (const other of [{ branch: 'next' }, { before: 'c' }, { after: 'c' }])
    expect(pushText('lamp', { ...push, ...other })).not.toBe(text);
  expect(pushText('shop', push)).not.toBe(text);
  expect(triggeredRun('0123456789abcdef', 'fedcba9876543210')).toBe('0123456789ab-fedcba98');
});

test.each([
  ['failed:\n  two lines ', 'failed: two lines'],
  ['x'.repeat(140), 'x'.repeat(140)],
  ['x'.repeat(141), `${'x'.repeat(139)}…`],
])('the text of a status is one line that both providers take', (text, shown) => {
  expect(statusText(text)).toBe(shown);
});
