import { expect, test } from 'vitest';
import { judged } from '../../src/cli/doctor/sharing.js';
import type { Sighting } from '../../src/domain/sighting.js';

const [RULES, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];
const control: Sighting = { queue: 'control', worker: '1@a', artifact: 'seen', aheadMs: 40, policy: RULES };
const stage: Sighting = { queue: 'stage', worker: '2@b', artifact: 'seen', aheadMs: 90 };
const host: Sighting = {
  ...{ queue: 'host/h', worker: '3@h', artifact: 'seen', aheadMs: 90 },
  ...{ router: 'answers', flags: 'answers' },
};
const stateOf = (sightings: readonly Sighting[], rules: string | undefined = RULES) =>
  Object.fromEntries(judged(sightings, rules).map(({ name, state }) => [name, state]));
const WELL = {
  'artifact store': 'ok',
  'router of host/h': 'ok',
  'flags of host/h': 'ok',
  clocks: 'ok',
  'policy files': 'ok',
};

test.each<[string, readonly Sighting[], object]>([
  ['all see the same', [control, stage, host], {}],
  [
    'one does not see what another has put',
    [control, { ...stage, artifact: 'it is not there' }, host],
    { 'artifact store': 'fail' },
  ],
  ['nobody took the question', [control, { queue: 'stage' }, host], { 'artifact store': 'unknown' }],
  [
    'an HAProxy of the policy is away',
    [
      control,
      { ...host, elsewhere: { 'haproxy of production': 'refused', 'prometheus of production': 'answers' } },
    ],
    { 'haproxy of production of host/h': 'fail', 'prometheus of production of host/h': 'ok' },
  ],
  ['a router is away', [control, { ...host, router: 'refused' }], { 'router of host/h': 'fail' }],
  [
    'flags are not served',
    [control, { ...host, flags: '127.0.0.1:1: no connection' }],
    { 'flags of host/h': 'fail' },
  ],
  ['a clock is behind', [control, { ...host, aheadMs: -3_000 }], { clocks: 'short' }],
  ['a clock is ahead', [control, { ...host, aheadMs: 6_000 }], { clocks: 'short' }],
  [
    'a worker has another policy file',
    [control, { ...control, worker: '4@c', policy: OTHER }, host],
    { 'policy files': 'short' },
  ],
  ['a policy file has errors', [{ ...control, policy: 'line 1: what' }, host], { 'policy files': 'short' }],
])('%s', (_, sightings, differs) => {
  expect(stateOf(sightings)).toEqual({ ...WELL, ...differs });
});

test.each([
  ['all are there', [], 'ok'],
  ['one is missing', ['ops: SHIPWAY_NOTIFY_OPS is not there, or is empty'], 'fail'],
] as const)('credentials of channels to people: %s', (_, channels, state) => {
  const checks = judged([{ ...control, channels }, stage, host], RULES);
  expect(checks.find(({ name }) => name === 'channels to people')).toMatchObject({ state });
});

test('what is not known is said to be that, with what to do', () => {
  const [silent] = judged([{ queue: 'control' }], undefined);
  expect(judged([{ queue: 'control' }], undefined).map(({ state }) => state)).toEqual([
    'unknown',
    'unknown',
    'unknown',
  ]);
  expect(silent).toMatchObject({
    detail: 'nobody had time to look for queue control',
    next: expect.any(String) as string,
  });
});
