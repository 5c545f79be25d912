import { describe, expect, test } from 'vitest';
import { answered, expired, refusal, type GateState } from '../../src/domain/gate.js';
import { malformed, type Statement } from '../../src/domain/statement.js';

const DECISION = 'd'.repeat(64);
const open: GateState = {
  id: 'g1',
  question: 'approval',
  title: 'shop v2 → production',
  decision: DECISION,
  required: 2,
  barred: ['alice'],
  answers: [],
  verdict: 'open',
};
const say = (person: string, more: Partial<Statement> = {}): Statement => ({
  person,
  verb: 'approve',
  on: DECISION,
  at: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T00:10:00.000Z',
  nonce: 'n',
  signature: 'none',
  ...more,
});
const answer = (person: string, verb: 'approve' | 'reject' = 'approve') =>
  ({ person, verb, at: 'now' }) as const;

describe('a gate refuses', () => {
  test.each([
    ['no gate', undefined, say('bob'), 'nothing is waiting'],
    ['a closed gate', { ...open, verdict: 'expired' as const }, say('bob'), 'closed: expired'],
    ['another decision', open, say('bob', { on: 'e'.repeat(64) }), 'the gate asks for dddddddddddd'],
    ['another verb', open, say('bob', { verb: 'abort' }), 'takes approve or reject'],
    ['the person who asked', open, say('alice'), 'may not approve it'],
    ['a second answer', answered(open, answer('bob')), say('bob'), 'bob has answered already'],
  ])('%s', (_name, gate, statement, why) => {
    expect(refusal(gate, statement)).toContain(why);
  });

  test('nobody the right to say no', () => {
    expect(refusal(open, say('alice', { verb: 'reject' }))).toBeUndefined();
  });
});

describe('a gate closes', () => {
  test('when enough different persons approved', () => {
    const one = answered(open, answer('bob'));
    expect(one.verdict).toBe('open');
    expect(answered(one, answer('bob')).verdict).toBe('open');
    expect(answered(one, answer('carol')).verdict).toBe('approved');
  });
  test('at the first no', () => {
    expect(answered(open, answer('bob', 'reject')).verdict).toBe('rejected');
  });
  test('once: what comes later changes nothing', () => {
    const rejected = answered(open, answer('bob', 'reject'));
    expect(answered(rejected, answer('carol'))).toBe(rejected);
    expect(expired(rejected)).toBe(rejected);
    expect(expired(open).verdict).toBe('expired');
  });
});

describe('a statement is malformed', () => {
  test.each([
    ['not an object', 'yes', 'an object'],
    ['without a person', { ...say(''), person: undefined }, 'field person'],
    ['with an endless nonce', say('bob', { nonce: 'x'.repeat(201) }), 'field nonce'],
    ['with an unknown verb', { ...say('bob'), verb: 'delete' }, 'verb is one of'],
    ['with a signature nobody can check', { ...say('bob'), signature: 'abc' }, 'signature is none'],
    ['with a time that is none', say('bob', { until: 'tomorrow' }), 'ISO instants'],
    ['with a reason that is no text', { ...say('bob'), reason: 5 }, 'reason is a text'],
  ])('%s', (_name, statement, why) => {
    expect(malformed(statement)).toContain(why);
  });
  test('and a good one is not', () => {
    expect(malformed(say('bob', { reason: 'fine' }))).toBeUndefined();
  });
});
