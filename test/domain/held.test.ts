import { expect, test } from 'vitest';
import { heldSlots } from '../../src/domain/held.js';
import type { Strategy } from '../../src/domain/plan.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import type { TargetState } from '../../src/domain/target.js';
import { live, row, state } from './records.js';

const V1 = live('v1', 'blue', '1');
const V2 = live('v2', 'green', '2');

test.each<readonly [string, TargetState, readonly DeploymentRow[], readonly string[]]>([
  ['nothing is live', state(), [], []],
  ['idle', state(V1, V1), [], ['live blue v1 1']],
  ['a first deployment, before its promotion', state(), [row('1', 'v1')], ['candidate blue v1 1']],
  [
    'before the promotion',
    state(V1, V1),
    [row('2', 'v2', { replaces: 'v1' })],
    ['live blue v1 1', 'candidate green v2 2'],
  ],
  [
    'in the bake',
    state(V2, V1),
    [row('2', 'v2', { replaces: 'v1' })],
    ['live green v2 2', 'replaced blue v1 1'],
  ],
  ['in the bake of a first one', state(V2), [row('2', 'v2')], ['live green v2 2']],
  [
    'in the bake, but it replaces what is not known good',
    state(V2, V1),
    [row('2', 'v2', { replaces: 'v0' })],
    ['live green v2 2'],
  ],
  [
    'recovering one that had not promoted',
    state(V1, V1),
    [row('2', 'v2', { replaces: 'v1' }), row('3', 'v1', { replaces: 'v1', kind: 'recover' })],
    ['live blue v1 1'],
  ],
  [
    'recovering one that had promoted',
    state(V2, V1),
    [row('2', 'v2', { replaces: 'v1' }), row('3', 'v1', { replaces: 'v1', kind: 'recover' })],
    ['replaced blue v1 1'],
  ],
])('%s', (_, of, open, expected) => {
  const held = heldSlots(of, open);
  expect(held.map((h) => `${h.role} ${h.slot} ${h.release.version} ${h.deployment}`)).toEqual(expected);
});

test.each([
  ['rolling', 'deploy', 'v1', true],
  ['rolling', 'rollback', 'v1', undefined],
  ['rolling', 'deploy', undefined, undefined],
  ['in_place', 'rollback', 'v1', true],
  ['blue_green', 'deploy', 'v1', undefined],
] as const)('in part where instances are moved: %s, %s, over %s', (strategy, kind, replaces, inPart) => {
  const moving = row('2', 'v2', { kind, ...(replaces && { replaces }) });
  const plan = { ...moving.plan, strategy: { ...ROLLING, kind: strategy } as Strategy };
  const held = heldSlots(state(V1, V1), [{ ...moving, plan }]);
  expect(held.map((h) => h.inPart)).toEqual([inPart, inPart]);
});
const ROLLING = { batchSize: 1, pauseMs: 0, onBadBatch: 'ask' } as const;
