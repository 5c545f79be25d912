import { describe, expect, test } from 'vitest';
import type { GateState, Question } from '../../src/domain/gate.js';
import {
  askedNotice,
  closedNotice,
  driftNotice,
  endNotice,
  eventOf,
  oneLine,
  type Written,
} from '../../src/domain/notices.js';

const OF: Written = {
  ...{ service: 'shop', environment: 'production', version: 'v2' },
  ...{ workflow: 'pipeline/shop/v2-1a2b3c', at: '2026-01-02T03:04:05.000Z' },
};
const gate = (question: Question, more: Partial<GateState> = {}): GateState => ({
  ...{ id: 'r/d', question, title: 'shop v2 → production, replaces v1', decision: 'd'.repeat(64) },
  ...{ required: 1, barred: [], answers: [], verdict: 'open' as const, ...more },
});

test.each([
  ['approval', 'approval_asked', 'info', 'approval asked: shop v2 → production'],
  ['parked', 'parked', 'error', 'in doubt, a decision is asked: shop v2 → production'],
  ['paused', 'paused', 'info', 'paused: shop v2 → production'],
  [
    'undo_incomplete',
    'undo_failed',
    'critical',
    'could not be undone, a decision is asked: shop v2 → production',
  ],
  ['stuck', 'stuck', 'error', 'cannot go on: shop v2 → production'],
] as const)('the question %s is told as %s', (question, event, severity, title) => {
  expect(eventOf(question)).toBe(event);
  expect(askedNotice(OF, gate(question))).toMatchObject({ ...OF, event, severity, title });
});

describe('a notice of a question', () => {
  test('says what is asked, of how many, until when, what changes, and what to type', () => {
    const asked = gate('approval', {
      required: 2,
      expiresAt: Date.UTC(2026, 0, 3),
      changes: ['replicas: 1 → 2'],
    });
    expect(askedNotice(OF, asked).lines).toEqual([
      'shop v2 → production, replaces v1',
      '2 persons must approve',
      'it expires at 2026-01-03T00:00:00.000Z',
      'replicas: 1 → 2',
      'shipway approve shop/v2-1a2b3c --decision dddddddddddd',
      'shipway reject shop/v2-1a2b3c --reason "…"',
    ]);
  });

  test('told again it says so, and over it says how', () => {
    expect(askedNotice(OF, gate('parked'), true).title).toMatch(/^still waiting: in doubt/);
    const answers = [{ person: 'bob', verb: 'reject', at: OF.at }] as const;
    const closed = closedNotice(OF, gate('parked', { verdict: 'rejected', answers }));
    expect(closed).toMatchObject({
      closes: true,
      event: 'parked',
      title: expect.stringMatching(/^rejected: /) as string,
    });
    expect(closed.lines).toContain('rejected: reject bob');
  });
});

describe('a notice of an end', () => {
  const workflow = 'deployment/shop/production/2';
  test.each([
    ['deploy', 'rolled_back', 'rolled_back', 'rolled back: shop v2 → production'],
    ['deploy', 'failed', 'failed', 'failed: shop v2 → production'],
    ['deploy', 'aborted', 'aborted', 'aborted: shop v2 → production'],
    ['deploy', 'shipped', 'shipped', 'shipped: shop v2 → production'],
    ['rollback', 'shipped', 'rolled_back', 'to an earlier release: rolled back: shop v2 → production'],
    ['rollback', 'failed', 'failed', 'failed: shop v2 → production'],
  ] as const)('of a %s that is %s is %s', (kind, outcome, event, title) => {
    const notice = endNotice({ ...OF, workflow }, { outcome, reason: 'errors', kind, by: 'alice' });
    expect(notice).toMatchObject({ event, title });
    expect(notice?.lines).toEqual(['errors', 'asked for by alice', `shipway status ${workflow}`]);
  });

  test.each(['superseded', 'expired', 'rejected'] as const)('of what is %s is none', (outcome) => {
    expect(endNotice(OF, { outcome, reason: '', kind: 'deploy', by: 'alice' })).toBeUndefined();
  });
});

test('drift is told, and that it is over', () => {
  expect(driftNotice(OF, ['1 of 2 instances run']).lines).toEqual(['1 of 2 instances run', 'shipway doctor']);
  expect(driftNotice(OF, [])).toMatchObject({
    closes: true,
    title: 'over: not as recorded: shop v2 → production',
  });
});

describe('whatever is said stays on its line and within its length', () => {
  test.each([
    ['a\r\nBcc: eve@example.com', 100, 'a Bcc: eve@example.com'],
    ['a\u0000\u001b[31mb\u2028c\u202ed', 100, 'a [31mb c d'],
    ['\ud800x', 100, 'x'],
    ['🚢🚢🚢🚢', 3, '🚢🚢…'],
    ['  spaces\t\tand tabs ', 100, 'spaces and tabs'],
  ])('%j in %i is %j', (text, most, line) => {
    expect(oneLine(text, most)).toBe(line);
  });

  test('also of a reason of any length and changes without end', () => {
    const changes = Array.from({ length: 100 }, (_, i) => `${String(i)}: ${'x'.repeat(5_000)}`);
    const long = { ...OF, version: 'v'.repeat(1_000) };
    const { title, lines } = askedNotice(long, gate('approval', { title: 'y\n'.repeat(9_000), changes }));
    expect([title, ...lines].every((line) => !/[\r\n]/.test(line))).toBe(true);
    expect(title.length).toBeLessThanOrEqual(200);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(500);
    expect(lines.join('\n')).toContain('shipway approve');
  });
});
