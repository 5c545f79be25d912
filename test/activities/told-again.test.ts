import { expect, test } from 'vitest';
import { createEffects } from '../../activities/effects.js';
import { FULL } from '../../src/domain/plan.js';
import type { Live } from '../../src/domain/target.js';
import { never } from '../../src/testing/world.js';
import { activityOf } from '../support/activity.js';
import { admitRow, permitOf } from '../support/admitted.js';
import { routed } from '../support/fake-router.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const ID = 'deployment/shop/production/1';
const REF = { service: 'shop', environment: 'production' };
const EFFECT = { ...REF, version: 'v1', kind: 'deploy', candidate: 'green', stable: 'blue' } as const;

test('a router that is told again of a slot while that is removed forgets it all the same', async () => {
  const [before, now] = ['v0', 'v1'].map((v) => requestFor('shop', 'production', v, v).release);
  if (before === undefined || now === undefined) throw new Error('there are two');
  const plan = deploymentPlan();
  const [world, store] = [fakeWorld(), memoryStore()];
  const row = { ...REF, id: ID, n: 1, kind: 'deploy', requestId: 'r', requestedBy: 'alice' } as const;
  const deployment = { ...row, release: now, plan, startedAt: '2026-01-01T00:00:00.000Z' };
  const replaces: Live = {
    ...{ release: before, slot: 'blue', configuration: plan.configuration },
    ...{ deployment: 'deployment/shop/production/0', since: '' },
  };
  await admitRow(store, deployment, permitOf(deployment, { candidate: 'green', replaces }));
  await routed(world.router, REF, { blue: before.digest, green: now.digest });
  const provider = {
    ...world.provider,
    // As a worker does that has just come back.
    remove: async (...[ref, slot, signal]: Parameters<typeof world.provider.remove>) => {
      await world.router.admit(ref, slot, before.digest, ['http://127.0.0.1:1'], signal);
      await world.provider.remove(ref, slot, signal);
    },
  };
  const metrics = { sample: () => Promise.reject(new Error('unused')) };
  const effects = createEffects({ ...world, provider, store, metrics });
  const lab = () => activityOf(ID);
  await lab().run(effects.shiftTraffic, { ...EFFECT, share: FULL, from: 0, userKey: [] });
  await lab().run(effects.retireSlot, { ...EFFECT, slot: 'blue', drainTimeoutMs: 0 });
  expect(Object.keys((await world.router.observe(REF, never))?.members ?? {})).toEqual(['green']);
});
