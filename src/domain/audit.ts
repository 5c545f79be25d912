import type { Json } from './canonical.js';
import type { Statement } from './statement.js';

/** One event as shipway keeps it for good. Names are the field's: who did what to which version where, and from where. */
export interface AuditEntry {
  /** Makes an append repeatable: the same key twice is one entry. */
  readonly key: string;
  /** ISO instant at which it happened. */
  readonly timestamp: string;
  /** `run.requested`, `gate.opened`, `effect.intent`, `effect.result`, `deployment.promoted`, … */
  readonly event_type: string;
  /** A person, or `shipway` for what rules did. */
  readonly user: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** Workflow id it belongs to. */
  readonly workflow: string;
  readonly details: { readonly [key: string]: Json };
  readonly statement?: Statement;
  readonly ip_address?: string;
  readonly user_agent?: string;
  /** Written after the fact because the store did not answer when it happened. */
  readonly late?: boolean;
}

/** An entry in its place in the chain: `hash` = sha256(previous hash + "\n" + canonical entry). */
export interface ChainedEntry {
  readonly seq: number;
  readonly previous: string;
  readonly hash: string;
  readonly entry: AuditEntry;
}
export const GENESIS = '0'.repeat(64);
