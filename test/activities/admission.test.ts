import { beforeEach, describe, expect, test } from 'vitest';
import { admitDeployment, type AdmitInput } from '../../activities/admission.js';
import { decisionFor } from '../../src/domain/decision.js';
import { deploymentId, targetId } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import type { ApprovalPolicy, Policy } from '../../src/domain/policy.js';
import type { Statement } from '../../src/domain/statement.js';
import type { DeployRequest, Live, TargetState } from '../../src/domain/target.js';
import { digestOf } from '../../src/hash.js';
import { activityOf } from '../support/activity.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor, statement } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const RULES: ApprovalPolicy = { requiredApprovals: 2, expiresAfterMs: 1000, selfApproval: false };
let store: MemoryStore;
let rules: ApprovalPolicy;
beforeEach(() => {
  store = memoryStore();
  rules = RULES;
});
const policy = (): Promise<Policy> =>
  Promise.resolve({ environments: { production: { identity: 'asserted', approvals: rules } } });

const request = requestFor('shop', 'production', 'v1', 'run-1/deploy/1');
const decision = (live?: Live, by: ApprovalPolicy = RULES): string =>
  digestOf(decisionFor(request.planHash, request.release.digest, request.evidence, live?.release.digest, by));
const approved = (statements: readonly Statement[], on = decision()): DeployRequest => ({
  ...request,
  approval: { decision: on, statements },
});
const by = (person: string, more: Partial<Statement> = {}, on = decision()): Statement =>
  statement(person, 'approve', on, more);
const TWO = approved([by('bob'), by('carol')]);

const admit = (
  of: DeployRequest,
  more: Partial<AdmitInput> = {},
  caller = targetId(REF),
): Promise<DeploymentInput> =>
  activityOf(caller).run(admitDeployment({ store, policy, host: 'host-1' }), {
    ...REF,
    n: 1,
    requestId: of.requestId,
    cause: { kind: 'deploy', request: of },
    ...more,
  });
const live = (version: string, slot: 'blue' | 'green', n = 1): Live => ({
  release: requestFor('shop', 'production', version, 'r').release,
  slot,
  configuration: { ...deploymentPlan().configuration, replicas: n },
  deployment: deploymentId(REF, n),
  since: '2026-01-01T00:00:00.000Z',
});
const state = (more: Partial<TargetState>): Promise<void> =>
  store.targets.save({ schema: 1, ...REF, holdMarks: [], nextN: 2, ...more });
const refused = async (admission: Promise<unknown>, type: string, message?: RegExp): Promise<void> => {
  await expect(admission).rejects.toMatchObject({ type, nonRetryable: true });
  if (message !== undefined) await expect(admission).rejects.toThrow(message);
  expect(store.openPermits()).toEqual([]);
  expect(store.rows()).toEqual([]);
  expect(store.entries()).toEqual([]);
};

describe('refused, and nothing is left of it', () => {
  test('for anybody but the target itself', async () => {
    for (const caller of ['pipeline/shop/run-1', 'target/shop/staging', 'target/other/production', ''])
      await refused(admit(TWO, {}, caller), 'permit.missing', /^only target\/shop\/production admits/);
  });

  test('without approvals, or with too few', async () => {
    await refused(admit(request), 'approval.missing', /asks for 2 approvals, the request carries 0/);
    await refused(admit(approved([])), 'approval.missing');
    await refused(admit(approved([by('bob')])), 'approval.missing', /carries 1/);
  });

  test('with the same person twice', async () => {
    await refused(admit(approved([by('bob'), by('bob')])), 'approval.missing', /carries 1/);
  });

  test('with whoever asked for it, or wrote it by mail or by name', async () => {
    for (const person of ['alice', 'dev@example.invalid', 'dev'])
      await refused(admit(approved([by('bob'), by(person)])), 'approval.missing', /carries 1/);
  });

  test('with statements that say something else, or about something else', async () => {
    for (const other of [
      statement('carol', 'reject', decision()),
      statement('carol', 'run', decision()),
      statement('carol', 'approve', digestOf('another')),
    ])
      await refused(admit(approved([by('bob'), other])), 'approval.missing', /carries 1/);
  });

  test('when the decision is no longer the one that was approved', async () => {
    const other = decision(live('v0', 'blue'));
    await refused(
      admit(approved([by('bob', {}, other), by('carol', {}, other)], other)),
      'decision.changed',
      new RegExp(`approved was ${other.slice(0, 12)}, now it would be ${decision().slice(0, 12)}`),
    );
    await state({ live: live('v0', 'blue') });
    await refused(admit(TWO), 'decision.changed');
    store = memoryStore();
    rules = { ...RULES, expiresAfterMs: 2000 };
    await refused(admit(TWO), 'decision.changed');
  });

  test('when rules have rolled the release back from here', async () => {
    const mark = {
      digest: request.release.digest,
      version: 'v1',
      deployment: 'deployment/shop/production/7',
      reason: 'errors',
      at: '',
    };
    await state({ holdMarks: [mark] });
    await refused(
      admit(TWO),
      'release.held',
      /v1 was rolled back from here by deployment\/shop\/production\/7: errors/,
    );
  });

  test('for an environment that the policy does not name, also by a name that every object has', async () => {
    for (const environment of ['staging', 'constructor', '__proto__']) {
      const ref = { service: 'shop', environment };
      const asked = admit({ ...TWO, ...ref }, ref, targetId(ref));
      await refused(asked, 'policy.unknown_environment', /it names production/);
    }
  });

  test('a rollback without anything to go back to', async () => {
    await state({ live: live('v1', 'blue') });
    const rollback = {
      ...REF,
      requestId: 'back',
      statement: statement('carol', 'rollback', targetId(REF)),
      reason: 'bad',
    };
    const cause = { kind: 'rollback', request: rollback } as const;
    await refused(
      admit(request, { requestId: 'back', cause }),
      'rollback.impossible',
      /known good beside the live one: none/,
    );
  });

  test('a recovery of what nobody knows', async () => {
    const cause = { kind: 'recover', lost: 'deployment/shop/production/9' } as const;
    await refused(admit(request, { requestId: 'recover/x', cause }), 'request.unknown');
  });
});

test('the first deployment: permit, row, number, host and entry; it replaces nothing', async () => {
  const admitted = await admit(TWO);
  expect(admitted).toMatchObject({
    id: 'deployment/shop/production/1',
    kind: 'deploy',
    candidate: 'blue',
    host: 'host-1',
    requestedBy: 'alice',
    release: request.release,
  });
  expect(admitted).not.toHaveProperty('replaces');
  const permit = await store.permits.find(admitted.id);
  expect(permit).toMatchObject({
    target: REF,
    decision: decision(),
    statements: TWO.approval?.statements,
    planHash: request.planHash,
  });
  expect(store.rows()).toMatchObject([
    { id: admitted.id, n: 1, requestId: request.requestId, run: request.run },
  ]);
  expect(await store.targets.load(REF)).toMatchObject({ nextN: 2, host: 'host-1' });
  expect(store.entries()).toMatchObject([
    {
      event_type: 'deployment.admitted',
      user: 'alice',
      details: { approved_by: ['bob', 'carol'], replaces: 'none' },
    },
  ]);
});

test('the next one goes beside what is live, and stays on the target’s host', async () => {
  await state({ live: live('v0', 'blue'), host: 'host-0' });
  rules = { ...RULES, requiredApprovals: 0 };
  const admitted = await admit(request, { n: 2 });
  expect(admitted).toMatchObject({ candidate: 'green', host: 'host-0', replaces: { slot: 'blue' } });
  expect(await store.targets.load(REF)).toMatchObject({ nextN: 3, live: { slot: 'blue' } });
});

test('an approver who asked for it counts where the policy says so', async () => {
  rules = { ...RULES, selfApproval: true };
  const on = decision(undefined, rules);
  await admit(approved([by('alice', {}, on), by('dev', {}, on)], on));
  expect(store.openPermits()).toHaveLength(1);
});

test('repeated it gives the same admission, whatever the rules have become', async () => {
  const first = await admit(TWO);
  rules = { ...RULES, requiredApprovals: 3 };
  expect(await admit(TWO)).toEqual(first);
  expect(store.rows()).toHaveLength(1);
  expect(store.openPermits()).toEqual([first.id]);
  // Another request for the same number is judged for itself.
  await expect(admit({ ...request, requestId: 'another' })).rejects.toMatchObject({
    type: 'approval.missing',
  });
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
    await store.deployments.start(row(version, n));
  await state({ live: live('v3', 'green', 3), nextN: 4 });
  const rollback = {
    ...REF,
    requestId: 'back',
    statement: statement('carol', 'rollback', targetId(REF)),
    reason: 'bad',
  };
  const back = (to?: string) =>
    admit(request, {
      n: 4,
      requestId: 'back',
      cause: { kind: 'rollback', request: { ...rollback, ...(to === undefined ? {} : { to }) } },
    });
  const admitted = await back();
  expect(admitted).toMatchObject({
    kind: 'rollback',
    requestedBy: 'carol',
    release: { version: 'v2' },
    candidate: 'blue',
  });
  expect(admitted.plan.configuration.replicas).toBe(2);
  expect((await back('v1')).release.version).toBe('v1');
});

test('a recovery puts back what is live, or what is known good when the lost one had been promoted', async () => {
  rules = { ...RULES, requiredApprovals: 0 };
  const lost = await admit(request);
  const recover = (n: number) =>
    admit(request, { n, requestId: `recover/${lost.id}`, cause: { kind: 'recover', lost: lost.id } });
  const first = await recover(2);
  expect(first).toMatchObject({
    kind: 'recover',
    requestedBy: 'shipway',
    candidate: 'blue',
    release: request.release,
  });
  expect(first).not.toHaveProperty('replaces');

  const known = live('v0', 'green', 7);
  await state({ live: known, nextN: 3 });
  expect(await recover(3)).toMatchObject({
    candidate: 'blue',
    replaces: { slot: 'green' },
    release: { version: 'v0' },
  });

  const promoted = { ...live('v1', 'blue'), deployment: lost.id };
  await state({ live: promoted, knownGood: known, nextN: 4 });
  const back = await recover(4);
  expect(back).toMatchObject({ release: { version: 'v0' }, candidate: 'blue', replaces: { slot: 'green' } });
  expect(back.plan.configuration.replicas).toBe(7);
});
