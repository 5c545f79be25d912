import { beforeEach, expect, test } from 'vitest';
import { messageOf } from '../../activities/statements.js';
import { deploymentId, targetId } from '../../src/domain/ids.js';
import {
  admissionLab,
  approved,
  by,
  decision,
  live,
  REF,
  request,
  RULES,
  TWO,
} from '../support/admission.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { deploymentPlan, requestFor, runFor, statement } from '../support/plans.js';

let lab: ReturnType<typeof admissionLab>;
beforeEach(() => {
  lab = admissionLab();
});
test('the first deployment: permit, row, number, host and entry; it replaces nothing', async () => {
  const admitted = await lab.admit(TWO);
  expect(admitted).toMatchObject({
    id: 'deployment/shop/production/1',
    kind: 'deploy',
    candidate: 'blue',
    host: 'host-1',
    requestedBy: 'alice',
    release: request.release,
  });
  expect(admitted).not.toHaveProperty('replaces');
  const permit = await lab.store.permits.find(admitted.id);
  expect(permit).toMatchObject({
    target: REF,
    decision: decision(),
    statements: TWO.approval?.statements,
    planHash: request.planHash,
  });
  expect(lab.store.rows()).toMatchObject([
    { id: admitted.id, n: 1, requestId: request.requestId, run: request.run },
  ]);
  expect(await lab.store.targets.load(REF)).toMatchObject({ nextN: 2, host: 'host-1' });
  expect(lab.store.entries()).toMatchObject([
    {
      event_type: 'deployment.admitted',
      user: 'alice',
      details: { approved_by: ['bob', 'carol'], replaces: 'none' },
    },
  ]);
});

test('of two routers one is left out only when the policy says that it is gone, and what it has is said to be left behind', async () => {
  const plan = deploymentPlan({ router: 'gateway+nginx' });
  await admitRow(lab.store, rowOf(REF, 1, { plan, outcome: 'shipped', endedAt: '', reason: '' }));
  await lab.state({ live: live('v0', 'blue') });
  lab.rules = { ...RULES, requiredApprovals: 0 };
  await expect(lab.admit(request, { n: 2 })).rejects.toMatchObject({
    type: 'target.adapters',
    message:
      'what is live has the router gateway+nginx, and this would have gateway; say gone_routers: [nginx] in the policy if that is gone for good',
  });
  lab.gone = ['haproxy', 'gateway'];
  const again = { ...request, requestId: 'run-1/deploy/2' };
  await expect(lab.admit(again, { n: 2 })).rejects.toMatchObject({ type: 'target.adapters' });
  lab.gone = ['nginx'];
  const last = { ...request, requestId: 'run-1/deploy/3' };
  expect(await lab.admit(last, { n: 2 })).toMatchObject({ plan: { router: 'gateway' }, leftBehind: 'nginx' });
  expect(lab.store.entries().at(-1)).toMatchObject({
    event_type: 'deployment.admitted',
    details: { left_behind: 'nginx' },
  });
  // Repeated it says the same, whatever the policy says by then.
  lab.gone = [];
  expect(await lab.admit(last, { n: 2 })).toMatchObject({ leftBehind: 'nginx' });
});

test('the next one goes beside what is live, and stays on the target’s host', async () => {
  await lab.state({ live: live('v0', 'blue'), host: 'host-0' });
  lab.rules = { ...RULES, requiredApprovals: 0 };
  const admitted = await lab.admit(request, { n: 2 });
  expect(admitted).toMatchObject({ candidate: 'green', host: 'host-0', replaces: { slot: 'blue' } });
  expect(await lab.store.targets.load(REF)).toMatchObject({ nextN: 3, live: { slot: 'blue' } });
});

test('an approver who asked for it counts where the policy says so', async () => {
  lab.rules = { ...RULES, selfApproval: true };
  const on = decision(undefined, lab.rules);
  await lab.admit(approved([by('alice', {}, on), by('dev', {}, on)], on));
  expect(lab.store.openPermits()).toHaveLength(1);
});

test('repeated it gives the same admission, whatever the rules have become', async () => {
  const first = await lab.admit(TWO);
  lab.rules = { ...RULES, requiredApprovals: 3 };
  expect(await lab.admit(TWO)).toEqual(first);
  expect(lab.store.rows()).toHaveLength(1);
  expect(lab.store.openPermits()).toEqual([first.id]);
  // Another request for the same number is judged for itself, and gets another number.
  await expect(lab.admit({ ...request, requestId: 'another' })).rejects.toMatchObject({
    type: 'approval.missing',
  });
  lab.rules = { ...RULES, requiredApprovals: 0 };
  expect((await lab.admit({ ...request, requestId: 'another' })).id).toBe('deployment/shop/production/2');
});

test('a rollback restores release and configuration of what shipped before', async () => {
  const row = (version: string, n: number) => ({
    ...{
      ...REF,
      id: deploymentId(REF, n),
      n,
      kind: 'deploy' as const,
      requestId: `r${String(n)}`,
      requestedBy: 'alice',
    },
    release: requestFor('shop', 'production', version, 'r').release,
    plan: deploymentPlan({ configuration: { ...deploymentPlan().configuration, replicas: n } }),
    ...{ startedAt: '', endedAt: '', outcome: 'shipped' as const, reason: '' },
  });
  for (const [version, n] of [
    ['v1', 1],
    ['v2', 2],
    ['v3', 3],
  ] as const)
    await admitRow(lab.store, row(version, n));
  await lab.state({ live: live('v3', 'green', 3), nextN: 4 });
  const rollback = {
    ...REF,
    requestId: 'back',
    statement: statement('carol', 'rollback', targetId(REF)),
    reason: 'bad',
  };
  const back = (requestId: string, to?: string) =>
    lab.admit(request, {
      n: 4,
      requestId,
      cause: { kind: 'rollback', request: { ...rollback, requestId, ...(to === undefined ? {} : { to }) } },
    });
  await expect(back('unverified')).rejects.toMatchObject({ type: 'statement.refused' });
  await lab.store.nonces.claim(rollback.statement.nonce, targetId(REF), messageOf(rollback.statement));
  const admitted = await back('back');
  expect(admitted).toMatchObject({
    kind: 'rollback',
    requestedBy: 'carol',
    release: { version: 'v2' },
    candidate: 'blue',
  });
  expect(admitted.plan.configuration.replicas).toBe(2);
  await expect(back('gone', 'v1')).rejects.toMatchObject({
    type: 'rollback.impossible',
    message: 'v1 of shop is not kept any more',
  });
  lab.artifacts.keep('shop v1');
  expect((await back('further', 'v1')).release.version).toBe('v1');
});

test('a recovery puts back what is live, or what is known good when the lost one had been promoted', async () => {
  lab.rules = { ...RULES, requiredApprovals: 0 };
  const lost = await lab.admit(request);
  const recover = (n: number) =>
    lab.admit(request, { n, requestId: `recover/${lost.id}`, cause: { kind: 'recover', lost: lost.id } });
  const first = await recover(2);
  expect(first).toMatchObject({
    kind: 'recover',
    requestedBy: 'shipway',
    candidate: 'blue',
    release: request.release,
  });
  expect(first).not.toHaveProperty('replaces');

  const known = live('v0', 'green', 7);
  await lab.state({ live: known, nextN: 3 });
  expect(await recover(3)).toMatchObject({
    candidate: 'blue',
    replaces: { slot: 'green' },
    release: { version: 'v0' },
  });

  const promoted = { ...live('v1', 'blue'), deployment: lost.id };
  await lab.state({ live: promoted, knownGood: known, nextN: 4 });
  const back = await recover(4);
  expect(back).toMatchObject({ release: { version: 'v0' }, candidate: 'blue', replaces: { slot: 'green' } });
  expect(back.plan.configuration.replicas).toBe(7);
});

test('who saves the target in the middle of it is not overwritten: it is judged again by what there is then', async () => {
  const admit = lab.store.deployments.admit.bind(lab.store.deployments);
  let others = 0;
  Object.assign(lab.store.deployments, {
    admit: async (admission: Parameters<typeof admit>[0]) => {
      if ((others += 1) === 1) await lab.state({ nextN: 7 });
      return admit(admission);
    },
  });
  expect((await lab.admit(TWO)).id).toBe('deployment/shop/production/7');
  expect(await lab.store.targets.load(REF)).toMatchObject({ nextN: 8 });
});

test('a number that a row has already is not given again, whatever the target’s record says', async () => {
  lab.rules = { ...RULES, requiredApprovals: 0 };
  await lab.admit(request);
  await lab.state({ nextN: 1 });
  const lost = 'deployment/shop/production/1';
  const cause = { kind: 'recover', lost } as const;
  const recovery = await lab.admit(request, { requestId: `recover/${lost}`, cause });
  expect(recovery.id).toBe('deployment/shop/production/2');
  expect(lab.store.rows().map((r) => r.kind)).toEqual(['deploy', 'recover']);
});

test('a release that is held is admitted when the plan of its run says why, and that is recorded', async () => {
  const { digest } = request.release;
  await lab.state({
    holdMarks: [
      { digest, version: 'v1', deployment: 'deployment/shop/production/7', reason: 'errors', at: '' },
    ],
  });
  const run = runFor(TWO);
  const despiteHold = 'the errors were the feed’s';
  await lab.store.runs.admit({
    run: { ...run, plan: { ...run.plan, despiteHold } },
    ...{ nonce: 'first', message: '', entries: [] },
  });
  expect(await lab.admit(TWO)).toMatchObject({ kind: 'deploy', release: { digest } });
  expect(lab.store.entries().find((e) => e.event_type === 'hold.overridden')).toMatchObject({
    ...{ user: 'alice', version: 'v1' },
    details: { why: despiteHold, held_by: 'deployment/shop/production/7', held_for: 'errors' },
  });
});
