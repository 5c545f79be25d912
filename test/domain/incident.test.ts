import { expect, test } from 'vitest';
import { incidentAmong, incidentOf } from '../../src/domain/incident.js';
import type { DeploymentKind } from '../../src/domain/store.js';

const idOf = (n: number): string => `deployment/shop/production/${String(n)}`;
/** Deployments 1, 2, 3, … of a target, as they were begun. */
const among = (last: number, ...kinds: readonly DeploymentKind[]): string =>
  incidentAmong(
    incidentOf(idOf(last)),
    kinds.map((kind, i) => ({ id: idOf(i + 1), n: i + 1, kind })).toReversed(),
  );

test.each<[string, number, number, readonly DeploymentKind[]]>([
  ['a change that is under way, or was the last', 2, 2, ['deploy', 'deploy']],
  ['the first of all', 1, 1, ['deploy']],
  ['declared again while the change is taken back, or after it', 2, 3, ['deploy', 'deploy', 'rollback']],
  ['declared again after a way back that failed', 2, 4, ['deploy', 'deploy', 'rollback', 'rollback']],
  ['declared again after what put a lost way back right', 2, 4, ['deploy', 'deploy', 'rollback', 'recover']],
  ['a lost deployment that was put right', 2, 3, ['deploy', 'deploy', 'recover']],
  ['what has begun since is another change', 2, 3, ['deploy', 'deploy', 'rollback', 'deploy']],
  ['a change after a way back', 4, 4, ['deploy', 'deploy', 'rollback', 'deploy']],
  ['a way back that was never admitted', 2, 4, ['deploy', 'deploy', 'rollback']],
])('%s: the incident is of deployment %s', (_, of, last, kinds) => {
  expect(among(last, ...kinds)).toBe(incidentOf(idOf(of)));
});

test('where the change is not known any more, it is known by what was declared', () => {
  expect(among(4)).toBe(incidentOf(idOf(4)));
  expect(incidentAmong('emergency/unheard-of', [])).toBe('emergency/unheard-of');
});
