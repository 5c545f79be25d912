import { expect, test } from 'vitest';
import { heldSlots } from '../../src/domain/held.js';
import type { DeploymentKind, DeploymentRow } from '../../src/domain/store.js';
import type { Live, Slot, TargetState } from '../../src/domain/target.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const releaseOf = (version: string) => requestFor('shop', 'production', version, 'r').release;
const live = (version: string, slot: Slot, deployment: string): Live => ({
  ...{ release: releaseOf(version), slot, deployment, since: '2026-01-01T00:00:00.000Z' },
  configuration: deploymentPlan().configuration,
});
const state = (now?: Live, knownGood?: Live): TargetState => ({
  ...{ ...REF, schema: 1, holdMarks: [], nextN: 9, revision: 0 },
  ...(now && { live: now }),
  ...(knownGood && { knownGood }),
});
const row = (
  id: string,
  version: string,
  replaces?: string,
  kind: DeploymentKind = 'deploy',
): DeploymentRow => ({
  ...{ ...REF, id, n: 1, kind, requestId: id, requestedBy: 'ann', startedAt: '2026-01-01T00:00:00.000Z' },
  ...{ release: releaseOf(version), plan: deploymentPlan() },
  ...(replaces !== undefined && { replaces: releaseOf(replaces) }),
});
const V1 = live('v1', 'blue', '1');
const V2 = live('v2', 'green', '2');

test.each<readonly [string, TargetState, readonly DeploymentRow[], readonly string[]]>([
  ['nothing is live', state(), [], []],
  ['idle', state(V1, V1), [], ['live blue v1 1']],
  ['a first deployment, before its promotion', state(), [row('1', 'v1')], ['candidate blue v1 1']],
  ['before the promotion', state(V1, V1), [row('2', 'v2', 'v1')], ['live blue v1 1', 'candidate green v2 2']],
  ['in the bake', state(V2, V1), [row('2', 'v2', 'v1')], ['live green v2 2', 'replaced blue v1 1']],
  ['in the bake of a first one', state(V2), [row('2', 'v2')], ['live green v2 2']],
  [
    'in the bake, but it replaces what is not known good',
    state(V2, V1),
    [row('2', 'v2', 'v0')],
    ['live green v2 2'],
  ],
  [
    'recovering one that had not promoted',
    state(V1, V1),
    [row('2', 'v2', 'v1'), row('3', 'v1', 'v1', 'recover')],
    ['live blue v1 1'],
  ],
  [
    'recovering one that had promoted',
    state(V2, V1),
    [row('2', 'v2', 'v1'), row('3', 'v1', 'v1', 'recover')],
    ['replaced blue v1 1'],
  ],
])('%s', (_, of, open, expected) => {
  const held = heldSlots(of, open);
  expect(held.map((h) => `${h.role} ${h.slot} ${h.release.version} ${h.deployment}`)).toEqual(expected);
});
