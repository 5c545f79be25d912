import { randomUUID } from 'node:crypto';
import type { PipelineInput } from '../src/domain/inputs.js';
import type { Plan } from '../src/domain/plan.js';
import type { Digest } from '../src/domain/release.js';
import type { Statement, Verb } from '../src/domain/statement.js';
import { digestOf } from '../src/hash.js';

const GOOD_MS = 3_600_000;

/** What a person says, good for an hour. */
export function said(person: string, verb: Verb, on: string): Statement {
  const now = Date.now();
  return {
    ...{ person, verb, on, nonce: randomUUID(), signature: 'none' },
    at: new Date(now).toISOString(),
    until: new Date(now + GOOD_MS).toISOString(),
  };
}

/** A new run of a plan. */
export function runOf(plan: Plan, source: Digest): PipelineInput {
  const planHash = digestOf(plan);
  return {
    ...{ run: `${plan.version}-${randomUUID().slice(0, 8)}`, plan, planHash, source },
    requestedBy: 'bench',
    statement: said('bench', 'run', planHash),
  };
}
