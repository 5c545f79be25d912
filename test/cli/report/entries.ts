import { chainHash } from '../../../src/audit-chain.js';
import { GENESIS, type AuditEntry, type ChainedEntry } from '../../../src/domain/audit.js';
import type { Statement } from '../../../src/domain/statement.js';

/** 09:00 of the day that everything here happens on. */
export const T0 = Date.parse('2026-01-05T09:00:00.000Z');
export const MINUTE = 60_000;
export const at = (minutes: number): string => new Date(T0 + minutes * MINUTE).toISOString();

export const COMMIT = 'c0ffee'.padEnd(40, '0');
export const DIGEST = 'e'.repeat(64);
export const DECISION = 'd'.repeat(64);
export const PIPELINE = 'pipeline/shop/v3-abc234';
export const STAGING = 'deployment/shop/staging/4';
export const PRODUCTION = 'deployment/shop/production/7';

export function chained(entries: readonly AuditEntry[]): readonly ChainedEntry[] {
  let previous = GENESIS;
  return entries.map((entry, i) => {
    const hash = chainHash(previous, entry);
    const link = { seq: i + 1, previous, hash, entry };
    previous = hash;
    return link;
  });
}

export const entry = (
  minutes: number,
  workflow: string,
  event_type: string,
  details: AuditEntry['details'],
  more: Partial<AuditEntry> = {},
): AuditEntry => ({
  key: `${String(minutes)}/${workflow}/${event_type}`,
  timestamp: at(minutes),
  ...{ event_type, user: 'shipway', service: 'shop', environment: 'production', version: 'v3' },
  ...{ workflow, details },
  ...more,
});

export const statement = (
  minutes: number,
  workflow: string,
  more: Partial<Statement>,
  refused?: string,
): AuditEntry => {
  const person = more.person ?? 'bob';
  const said: Statement = {
    ...{ person, verb: 'approve', on: DECISION, nonce: String(minutes), signature: 'none' },
    ...{ at: at(minutes), until: at(minutes + 10) },
    ...more,
  };
  const event = `statement.${refused === undefined ? 'accepted' : 'refused'}`;
  const details = { verb: said.verb, on: said.on, ...(refused === undefined ? {} : { why: refused }) };
  return entry(minutes, workflow, event, details, { user: person, statement: said });
};

const shifted = (minutes: number, workflow: string, from: number, share: number): AuditEntry =>
  entry(minutes, workflow, 'effect.result', {
    effect: 'shift_traffic',
    slot: 'green',
    from,
    share,
    ok: true,
  });

/** Of a run through staging to production, which its error rate sent back. */
export const ENTRIES: readonly AuditEntry[] = [
  statement(0, PIPELINE, { person: 'alice', verb: 'run', on: 'a'.repeat(64) }),
  entry(0, PIPELINE, 'stage.intent', { stage: 'test', attempt: 1, script: ['npm test'] }),
  entry(2, PIPELINE, 'release.recorded', { digest: DIGEST, commit: COMMIT, run: 'v3-abc234' }),
  entry(3, 'target/shop/staging', 'deployment.admitted', { deployment: STAGING, kind: 'deploy' }),
  shifted(3.5, STAGING, 0, 10_000),
  entry(10, PIPELINE, 'gate.opened', {
    question: 'approval',
    decision: DECISION,
    required: 1,
    run: 'v3-abc234',
  }),
  statement(11, PIPELINE, { person: 'alice' }, 'alice asked for this run and may not approve it'),
  statement(12, PIPELINE, { reason: 'load test is fine' }),
  entry(12, PIPELINE, 'gate.closed', {
    question: 'approval',
    decision: DECISION,
    verdict: 'approved',
    by: ['approve bob'],
  }),
  entry(
    13,
    'target/shop/production',
    'deployment.admitted',
    { deployment: PRODUCTION, kind: 'deploy' },
    { user: 'alice' },
  ),
  shifted(13.5, PRODUCTION, 0, 500),
  shifted(17.5, PRODUCTION, 500, 2_500),
  statement(18, PRODUCTION, { verb: 'skip', on: PRODUCTION, reason: 'seen enough' }),
  shifted(21.5, PRODUCTION, 2_500, 5_000),
  entry(25, PRODUCTION, 'effect.undone', { what: 'send all traffic back', share: 0 }, { late: true }),
  entry(25.1, PRODUCTION, 'effect.undone', { what: 'remove v3 from green', share: 0 }, { late: true }),
  entry(26, PIPELINE, 'run.finished', {
    run: 'v3-abc234',
    outcome: 'rolled_back',
    reason: 'error rate 61 of 610 (limit 5 %)',
    plan: 'a'.repeat(64),
  }),
];
