import { beforeEach, expect, test } from 'vitest';
import { verifyStatement, type VerifyInput } from '../../activities/statements.js';
import type { GateState } from '../../src/domain/gate.js';
import type { Policy } from '../../src/domain/policy.js';
import type { Statement } from '../../src/domain/statement.js';
import { sha256 } from '../../src/hash.js';
import { activityOf } from '../support/activity.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { statement } from '../support/plans.js';

const DECISION = sha256('decision');
const gate: GateState = {
  ...{ id: 'g', question: 'approval', title: 'ship it?', decision: DECISION, required: 1 },
  ...{ barred: ['alice'], answers: [], verdict: 'open' },
};
const policy = (): Promise<Policy> =>
  Promise.resolve({
    environments: {
      production: {
        identity: 'asserted',
        approvals: {
          requiredApprovals: 1,
          expiresAfterMs: 1,
          selfApproval: false,
          onBaseChanged: 'ask_again' as const,
        },
      },
    },
  });
let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});
const verify = (s: Statement, more: Partial<VerifyInput> = {}, workflow = 'pipeline/shop/r1') =>
  activityOf(workflow).run(verifyStatement({ store, policy }), {
    ...{ service: 'shop', environment: 'production', version: 'v1', statement: s, gate },
    ...more,
  });
const approve = (more: Partial<Statement> = {}) => statement('bob', 'approve', DECISION, more);

test('one that counts is an answer, and is audited with the statement itself', async () => {
  const s = approve({ reason: 'looks good' });
  expect(await verify(s)).toEqual({
    status: 'accepted',
    answer: { person: 'bob', verb: 'approve', at: s.at, reason: 'looks good' },
  });
  expect(store.entries()).toMatchObject([
    {
      event_type: 'statement.accepted',
      user: 'bob',
      statement: s,
      details: { gate: 'approval', on: DECISION },
    },
  ]);
});

test('the same message again is the same answer; its nonce in any other message is refused', async () => {
  const s = approve();
  expect((await verify(s)).status).toBe('accepted');
  expect((await verify(s)).status).toBe('accepted');
  const again = { status: 'refused', message: 'this statement has been used before; make a new one' };
  expect(await verify(s, {}, 'pipeline/shop/r2')).toEqual(again);
  expect(await verify(approve({ nonce: s.nonce, person: 'carol' }))).toEqual(again);
  expect(await verify({ ...approve({ nonce: s.nonce, at: s.at }), verb: 'reject' })).toEqual(again);
});

test('tried in two ways, by activities of their own, it is one entry; a refusal too', async () => {
  for (const [s, count] of [
    [approve(), 1],
    [approve({ until: later(-1) }), 2],
  ] as const) {
    for (const activityId of ['1', '2'])
      await activityOf('pipeline/shop/r1', { activityId }).run(verifyStatement({ store, policy }), {
        ...{ service: 'shop', environment: 'production', version: 'v1', statement: s, gate },
      });
    expect(store.entries()).toHaveLength(count);
  }
});

test('what was acted on before it was verified is late, and was in time when it was in time then', async () => {
  const actedAt = Date.now() - HOUR;
  const s = approve({ at: later(-HOUR), until: later(-HOUR + 1) });
  expect((await verify(s, { actedAt })).status).toBe('accepted');
  expect(await verify({ ...s, person: 'carol' }, { actedAt })).toMatchObject({ status: 'refused' });
  const timestamp = new Date(actedAt).toISOString();
  expect(store.entries()).toMatchObject([
    { event_type: 'statement.accepted', late: true, timestamp },
    { event_type: 'statement.refused', late: true, timestamp, details: { acted_on: true } },
  ]);
});

const HOUR = 3_600_000;
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();
test.each([
  ['is too old', approve({ until: later(-1) }), /^the statement was good until .*; make a new one/],
  [
    'was made in the future',
    approve({ at: later(HOUR), until: later(2 * HOUR) }),
    /made in the future .*set the clock/,
  ],
  [
    'is about another decision',
    approve({ on: sha256('other') }),
    /the answer is for decision .*look at the run again/,
  ],
  [
    'asks for something else',
    statement('bob', 'rollback', DECISION),
    /a gate takes approve or reject, not rollback/,
  ],
  ['asks to run', statement('bob', 'run', DECISION), /not run/],
  [
    'comes from who asked for the run',
    statement('alice', 'approve', DECISION),
    /alice asked for this run and may not/,
  ],
  ['has another signature', approve({ signature: 'ed25519' as 'none' }), /signature is none/],
  ['has no nonce', approve({ nonce: '' }), /text field nonce/],
  ['has a person without end', approve({ person: 'x'.repeat(201) }), /text field person/],
  ['has a time that is none', approve({ at: 'yesterday' }), /ISO instants/],
] as const)('one that %s is refused, which is audited, and its nonce stays unused', async (_, s, why) => {
  const verified = await verify(s);
  expect(verified).toMatchObject({ status: 'refused', message: expect.stringMatching(why) as string });
  expect(store.entries()).toMatchObject([
    { event_type: 'statement.refused', details: { why: expect.stringMatching(why) as string } },
  ]);
  expect(await store.nonces.claim(s.nonce, 'w', 'm')).toBe('claimed');
});

test('a clock that is a little ahead is borne', async () => {
  expect((await verify(approve({ at: later(60_000) }))).status).toBe('accepted');
});

test('who may not approve may reject', async () => {
  const verified = await verify(statement('alice', 'reject', DECISION));
  expect(verified).toMatchObject({ status: 'accepted', answer: { verb: 'reject' } });
});

test('a gate that is closed, or has this answer already, takes none', async () => {
  expect(await verify(approve(), { gate: { ...gate, verdict: 'expired' } })).toMatchObject({
    message: 'the gate is closed: expired',
  });
  const answers = [{ person: 'bob', verb: 'approve' as const, at: '' }];
  expect(await verify(approve(), { gate: { ...gate, required: 2, answers } })).toMatchObject({
    message: 'bob has answered already',
  });
});

test('in an environment that the policy does not name nobody says anything', async () => {
  await expect(verify(approve(), { environment: 'staging' })).rejects.toMatchObject({
    type: 'policy.unknown_environment',
  });
  expect(store.entries()).toEqual([]);
});
