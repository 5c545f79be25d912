import { beforeEach, expect, test } from 'vitest';
import { broughtBack } from '../../activities/brought-back.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import { newTarget, type RollbackRequest } from '../../src/domain/target.js';
import { admissionLab, live, REF } from '../support/admission.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

let lab: ReturnType<typeof admissionLab>;
beforeEach(() => {
  lab = admissionLab();
});
const ALONE = { strategy: { kind: 'in_place' } } as const;
const SLOWLY = { rollback: { stepMs: 7 } } as const;

/** What has shipped, oldest first: versions with their plans, the rollbacks among them. */
async function shipped(...all: [string, Partial<DeploymentPlan>, DeploymentRow['kind']?][]): Promise<void> {
  for (const [i, [version, plan, kind = 'deploy']] of all.entries()) {
    const { release } = requestFor('shop', 'production', version, 'r');
    const ended = { endedAt: '', outcome: 'shipped', reason: '' } as const;
    await admitRow(lab.store, rowOf(REF, i + 1, { release, kind, plan: deploymentPlan(plan), ...ended }));
  }
}
const back = async (version: string, n: number, how: Pick<RollbackRequest, 'pace' | 'emergency'> = {}) => {
  const { configuration } = deploymentPlan();
  const state = { ...newTarget(REF), live: { ...live(version, 'green', n), configuration }, nextN: n + 1 };
  const { store, artifacts, secrets } = lab;
  const { release, plan } = await broughtBack({ store, artifacts, secrets }, state, how);
  return { version: release.version, strategy: plan.strategy.kind, rollback: plan.rollback };
};

test('what serves alone is not joined by what is brought back, whatever that was shipped with', async () => {
  await shipped(['v1', {}], ['v2', ALONE]);
  const alone = { version: 'v1', strategy: 'in_place', rollback: undefined };
  expect(await back('v2', 2)).toEqual(alone);
  expect(await back('v2', 2, { pace: 'gradual' })).toEqual(alone);
});

test('what was brought back in place of such is not alone itself', async () => {
  await shipped(['v1', {}], ['v2', ALONE], ['v1', ALONE, 'rollback'], ['v3', {}]);
  expect(await back('v3', 4)).toMatchObject({ version: 'v1', strategy: 'canary' });
});

test('how a person had users go back for one time is not how they go back the next time', async () => {
  await shipped(['v1', {}], ['v2', SLOWLY], ['v3', SLOWLY], ['v2', {}, 'rollback']);
  expect(await back('v2', 4)).toEqual({ version: 'v1', strategy: 'canary', rollback: SLOWLY.rollback });
  expect(await back('v3', 3, { emergency: { severity: 'error' } })).toMatchObject({ rollback: undefined });
});
