import { beforeEach, expect, test } from 'vitest';
import { createDeploymentActivities, type FinishInput } from '../../activities/deployments.js';
import { findRequest } from '../../activities/targets.js';
import type { Live, TargetState } from '../../src/domain/target.js';
import { newTarget } from '../../src/domain/target.js';
import type { Policy } from '../../src/domain/policy.js';
import { ShipwayError } from '../../src/errors.js';
import { activityOf } from '../support/activity.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const ROW = rowOf(REF, 2);
const { configuration } = deploymentPlan();
const STABLE: Live = {
  ...{ release: { ...ROW.release, version: 'v0' }, slot: 'blue', configuration },
  ...{ deployment: 'deployment/shop/production/1', since: '' },
};
const ABOUT = { ...REF, version: 'v1', kind: 'deploy', candidate: 'green', stable: 'blue' } as const;
const PROMOTE = { ...ABOUT, release: ROW.release, configuration };
const FINISH: FinishInput = {
  ...{ ...REF, version: 'v1', deployment: ROW.id, outcome: 'rolled_back', reason: 'bad' },
  ...{ judgedBad: false, knownGood: false, late: [] },
};

const TELLING: Policy = {
  environments: {
    production: {
      identity: 'asserted',
      approvals: { requiredApprovals: 0, expiresAfterMs: 1, selfApproval: false, onBaseChanged: 'fail' },
      notify: { rolled_back: ['ops'] },
    },
  },
  notifications: {
    channels: { ops: { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' } },
    pageEveryMs: 60_000,
  },
};

let store: MemoryStore;
let late: TargetState[];
let activities: ReturnType<typeof createDeploymentActivities>;
const by = (id = ROW.id) => activityOf(id);
const liveNow = async () => (await store.targets.load(REF))?.live?.release.version;
beforeEach(async () => {
  store = memoryStore();
  late = [];
  await store.targets.save({ ...newTarget(REF), live: STABLE, knownGood: STABLE });
  await admitRow(store, ROW, permitOf(ROW, { replaces: STABLE }));
  activities = createDeploymentActivities({ store });
});

/** The database has taken the next save and does not say so: it lands when everybody has given it up. */
function loseNextSave(): void {
  const save = store.targets.save.bind(store.targets);
  Object.assign(store.targets, {
    save: (state: TargetState) => {
      late.push(state);
      Object.assign(store.targets, { save });
      return Promise.reject(new ShipwayError('store.unavailable', 'no answer'));
    },
  });
}
const land = async (): Promise<boolean> => store.targets.save(late[0] ?? expect.fail('nothing was lost'));

test('a promotion that lands after it was undone changes nothing', async () => {
  loseNextSave();
  await expect(by().run(activities.promote, PROMOTE)).rejects.toMatchObject({ type: 'store.unavailable' });
  await by().run(activities.undoPromote, { ...ABOUT, replaces: STABLE });
  expect(await land()).toBe(false);
  expect(await liveNow()).toBe('v0');
});

test('nor does one that lands after its deployment was lost and recovered', async () => {
  loseNextSave();
  await expect(by().run(activities.promote, PROMOTE)).rejects.toMatchObject({ type: 'store.unavailable' });
  const recovery = rowOf(REF, 3, { kind: 'recover', requestId: `recover/${ROW.id}` });
  await admitRow(store, recovery);
  await by(recovery.id).run(activities.finishDeployment, { ...FINISH, deployment: recovery.id });
  expect(await land()).toBe(false);
  expect(await liveNow()).toBe('v0');
});

test('that a lost deployment was taken back is told, once', async () => {
  const told = createDeploymentActivities({ store, policy: () => Promise.resolve(TELLING) });
  const recovery = rowOf(REF, 3, { kind: 'recover', requestId: `recover/${ROW.id}` });
  await admitRow(store, recovery);
  for (let tries = 0; tries < 2; tries += 1)
    await by(recovery.id).run(told.finishDeployment, { ...FINISH, deployment: recovery.id });
  expect(await store.outbox.list({})).toMatchObject([
    { about: ROW.id, notice: { event: 'rolled_back', version: 'v1', workflow: ROW.id } },
  ]);
});

test('a record that others have changed meanwhile is changed as it is then', async () => {
  const load = store.targets.load.bind(store.targets);
  let others = 0;
  Object.assign(store.targets, {
    load: async (ref: typeof REF) => {
      const state = await load(ref);
      if (state !== undefined && (others += 1) === 1) await store.targets.save({ ...state, host: 'other' });
      return state;
    },
  });
  await by().run(activities.promote, PROMOTE);
  expect(await load(REF)).toMatchObject({ host: 'other', live: { release: { version: 'v1' } } });
  expect(store.entries().map((e) => e.event_type)).toEqual(['deployment.promoted']);
});

test('the row of the failure table that it ended by is kept, and told to who asks how it ended', async () => {
  await by().run(activities.finishDeployment, { ...FINISH, outcome: 'failed', failure: 'flag.on' });
  const { requestId, id } = ROW;
  expect(await findRequest({ store })({ ...REF, requestId })).toEqual({
    ...{ status: 'finished', deployment: id, outcome: 'failed', reason: 'bad', failure: 'flag.on' },
  });
  expect(store.entries().at(-1)).toMatchObject({
    event_type: 'deployment.finished',
    details: { failure: 'flag.on' },
  });
});

test('only what was admitted is promoted', async () => {
  const other = { ...PROMOTE, release: { ...ROW.release, digest: 'b'.repeat(64) } };
  await expect(by().run(activities.promote, other)).rejects.toMatchObject({ type: 'permit.missing' });
  expect(await liveNow()).toBe('v0');
});
