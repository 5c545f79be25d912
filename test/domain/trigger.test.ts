import { expect, test } from 'vitest';
import { VERSION, isTagOf } from '../../src/domain/ids.js';
import { barredFrom } from '../../src/domain/policy.js';
import {
  askersOf,
  pushText,
  requesterOf,
  statusText,
  triggeredRun,
  unheeded,
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
  const hash = 'fedcba9876543210';
  expect(triggeredRun(push, '0123456789abcdef', hash)).toBe('0123456789ab-fedcba98');
  const { branch, ...rest } = push;
  const tagged: Cause = { ...rest, tag: branch };
  expect(pushText('lamp', tagged)).not.toBe(text);
  expect(triggeredRun({ ...tagged, tag: 'v1.2.3' }, 'any', hash)).toBe('v1.2.3-fedcba98');
  const longest = triggeredRun({ ...tagged, tag: 'v'.repeat(100) }, 'any', hash);
  expect(longest).toMatch(VERSION);
});

test.each([
  ['v1.2.3', 'v1.2.3', true],
  ['v1.2.3', 'v1x2.3', false],
  ['v*', 'v1.2.3', true],
  ['v*', 'V1', false],
  ['v*', 'v', true],
  ['*', 'anything', true],
  ['v*-rc*', 'v1.2-rc1', true],
  ['v*-rc*', 'v1.2', false],
  ['v*.*.0', 'v1.2.0', true],
  ['v*.*.0', 'v1.0', false],
  ['a*a', 'a', false],
  ['ab*bc', 'abc', false],
  ['v1+*', 'v1+2', true],
])('tags like %s: %s is one, %s', (pattern, tag, is) => {
  expect(isTagOf(pattern, tag)).toBe(is);
});

test('a pattern of many stars takes no longer for that', () => {
  const begun = performance.now();
  expect(isTagOf(`${'a*'.repeat(50)}b`, 'a'.repeat(500))).toBe(false);
  expect(performance.now() - begun).toBeLessThan(50);
});

test.each([
  [{ branch: 'main' }, undefined],
  [{ branch: 'v1' }, 'a push to v1 starts nothing'],
  [{ tag: 'v1' }, undefined],
  [{ tag: 'main' }, 'the tag main starts nothing'],
  [{ tag: 'v1/x' }, 'the tag v1/x cannot be a version'],
] as const)('a push of %o: %s', (named, why) => {
  const hook = { secret: 's', branches: ['main'], tags: ['v*'] };
  expect(unheeded({ hook }, named)).toBe(why);
  if ('tag' in named) expect(unheeded({ hook: { secret: 's', branches: ['main'] } }, named)).toBeDefined();
  expect(unheeded({}, named)).toBeDefined();
});

test.each([
  ['failed:\n  two lines ', 'failed: two lines'],
  ['x'.repeat(140), 'x'.repeat(140)],
  ['x'.repeat(141), `${'x'.repeat(139)}…`],
])('the text of a status is one line that both providers take', (text, shown) => {
  expect(statusText(text)).toBe(shown);
});
