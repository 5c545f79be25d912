import { expect, test } from 'vitest';
import { leftOnSince, wayBack } from '../../src/domain/going-back.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import type { TargetState } from '../../src/domain/target.js';
import { DARK } from '../support/dark.js';
import { live, releaseOf, row, state } from './records.js';

const shipped = (id: string, version: string, of: Parameters<typeof row>[2] = {}): DeploymentRow =>
  row(id, version, { outcome: 'shipped', ...of });
const bad = (version: string): TargetState['holdMarks'][number] => ({
  ...{ digest: releaseOf(version).digest, version, deployment: '9', reason: 'bad', at: '' },
});
/** One release under several versions, each with a configuration of its own. */
const sameRelease = (id: string, version: string): DeploymentRow => {
  const of = shipped(id, version);
  return { ...of, release: { ...releaseOf('v3'), version } };
};
const SAME_RELEASE = state(live('v3', 'blue', '3'));
const V3 = state(live('v3', 'blue', '3'));
const THREE = [shipped('3', 'v3'), shipped('2', 'v2'), shipped('1', 'v1')];
/** A person has gone back from v3 to v2. */
const V2_AGAIN = state(live('v2', 'green', '4'));
const LEFT_V3 = [shipped('4', 'v2', { kind: 'rollback', replaces: 'v3' }), ...THREE];

test.each<[string, TargetState, readonly DeploymentRow[], string | undefined, string, string]>([
  ['the newest before the live one', V3, THREE, undefined, '2', 'v2 v1'],
  ['a version that is named', V3, THREE, 'v1', '1', 'v2 v1'],
  ['a version that never shipped', V3, THREE, 'v9', '', 'v2 v1'],
  ['the version that is live', V3, THREE, 'v3', '', 'v2 v1'],
  ['nothing has ever shipped', state(), [row('1', 'v1', { outcome: 'failed' })], undefined, '', ''],
  ['only the live one has', V3, [shipped('3', 'v3')], undefined, '', ''],
  [
    'what did not ship is no way back',
    V3,
    [shipped('3', 'v3'), row('2', 'v2', { outcome: 'rolled_back' })],
    undefined,
    '',
    '',
  ],
  ['nor is what is under way', V3, [row('4', 'v4'), ...THREE], undefined, '2', 'v2 v1'],
  ['nor what is held', { ...V3, holdMarks: [bad('v2')] }, THREE, undefined, '1', 'v1'],
  [
    'nor what a recovery has put there',
    V3,
    [shipped('4', 'v2', { kind: 'recover' }), shipped('1', 'v1')],
    undefined,
    '1',
    'v1',
  ],
  ['twice goes back further, not to and fro', V2_AGAIN, LEFT_V3, undefined, '1', 'v3 v1'],
  ['what was left can be named', V2_AGAIN, LEFT_V3, 'v3', '3', 'v3 v1'],
  [
    'what was left and has shipped again since is a way back',
    state(live('v4', 'green', '6')),
    [shipped('6', 'v4'), shipped('5', 'v3'), ...LEFT_V3],
    undefined,
    '5',
    'v3 v2 v1',
  ],
  [
    'a rollback that did not succeed has left nothing',
    V3,
    [row('4', 'v2', { kind: 'rollback', outcome: 'failed', replaces: 'v3' }), ...THREE],
    undefined,
    '2',
    'v2 v1',
  ],
  [
    'the same release with the configuration it had before',
    SAME_RELEASE,
    [sameRelease('3', 'v3'), sameRelease('2', 'v2'), shipped('1', 'v1')],
    undefined,
    '2',
    'v2 v1',
  ],
  [
    'of the same release twice: further back, not to and fro',
    { ...SAME_RELEASE, live: { ...live('v2', 'green', '4'), release: releaseOf('v3') } },
    [
      { ...sameRelease('4', 'v2'), kind: 'rollback' },
      ...[sameRelease('3', 'v3'), sameRelease('2', 'v2'), shipped('1', 'v1')],
    ],
    undefined,
    '1',
    'v3 v1',
  ],
])('%s', (_, of, rows, to, chosen, known) => {
  const found = wayBack(of, rows, to);
  expect(found.chosen?.id ?? '').toBe(chosen);
  expect(found.known.join(' ')).toBe(known);
});

const turnedOn = (n: number, of: Partial<DeploymentRow> = {}): DeploymentRow => ({
  ...shipped(String(n), `v${String(n)}`),
  ...{ n, plan: DARK, ...of },
});
test.each<[string, DeploymentRow, readonly string[]]>([
  ['by a deployment after it', turnedOn(3), ['3']],
  [
    'by one that was found bad, of which a person has left what could not be undone',
    turnedOn(3, { outcome: 'rolled_back' }),
    ['3'],
  ],
  ['by one that failed, which was before any user', turnedOn(3, { outcome: 'failed' }), []],
  ['by a rollback to what once was shipped dark', turnedOn(3, { kind: 'rollback' }), []],
  ['by one of another strategy', { ...shipped('3', 'v3'), n: 3 }, []],
])('a flag that may be on since what is gone back to: %s', (_, after, by) => {
  const good = turnedOn(2);
  expect(leftOnSince(good, [after, good, turnedOn(1)])).toEqual(
    by.map((id) => ({ flag: 'checkout', by: id })),
  );
});
