import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { observeTarget } from '../../activities/adoption.js';
import { livePlan, servingPlan } from '../../activities/serving-plan.js';
import type { TargetRef } from '../../src/domain/ids.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import { newTarget } from '../../src/domain/target.js';
import { activityOf } from '../support/activity.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';
import { REF, replaces, twoRouters } from '../support/two-routers.js';

const BOTH = { router: 'haproxy+nginx', listen: 8_080, secondListen: 8_081 };
const ALONE = { router: 'haproxy', listen: 8_080 };
const STAGING = { ...REF, environment: 'staging' };

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});
const deployed = (
  n: number,
  plan: Partial<DeploymentPlan>,
  outcome?: DeploymentRow['outcome'],
  at: TargetRef = REF,
) => {
  const ended = outcome && { outcome, endedAt: '', reason: '' };
  return admitRow(store, rowOf(at, n, { plan: deploymentPlan(plan), ...ended }));
};
const made = async (deployment: string): Promise<void> => {
  const state = (await store.targets.load(REF)) ?? newTarget(REF);
  await store.targets.save({ ...state, live: { ...replaces, deployment } });
};

test('a target is served as what is under way there has it, else what is live, else the newest', async () => {
  expect(await servingPlan({ store }, REF)).toBeUndefined();
  await deployed(1, { router: 'nginx' }, 'failed');
  expect(await servingPlan({ store }, REF)).toMatchObject({ router: 'nginx' });
  await deployed(2, BOTH, 'shipped');
  await deployed(3, ALONE, 'rolled_back');
  await made('deployment/shop/production/2');
  expect(await servingPlan({ store }, REF)).toMatchObject(BOTH);
  await deployed(4, ALONE);
  expect(await servingPlan({ store }, REF)).toMatchObject(ALONE);
});

test('what was adopted as another environment had it is reached as the target itself is', async () => {
  await deployed(1, { router: 'gateway', listen: 9_090, bakeMs: 7 }, 'shipped', STAGING);
  await made('deployment/shop/staging/1');
  const state = (await store.targets.load(REF)) ?? newTarget(REF);
  expect(await livePlan({ store }, state)).toEqual(deploymentPlan({ bakeMs: 7 }));
  await deployed(1, BOTH, 'failed');
  expect(await livePlan({ store }, state)).toEqual(deploymentPlan({ ...BOTH, bakeMs: 7 }));
});

test('after a deployment by one of two routers that came to nothing both are looked at', async () => {
  const two = await twoRouters();
  onTestFinished(two.close);
  await deployed(1, BOTH, 'shipped');
  await deployed(2, ALONE, 'failed');
  await made('deployment/shop/production/1');
  two.nginx.routes.clear();
  const { differences } = await activityOf('target/shop/production').run(observeTarget(two.deps(store)), REF);
  expect(differences).toEqual(['haproxy serves the target, and nginx does not know it']);
});
