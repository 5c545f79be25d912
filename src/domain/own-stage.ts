import type { Json } from './canonical.js';

/** What a stage kind of a user's own is given. */
export interface StageWork {
  readonly run: string;
  readonly stage: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly commit: string;
  readonly requestedBy: string;
  /** What stands below `with` in the configuration. */
  readonly with: Readonly<Record<string, Json>>;
  /** A folder with the source of the commit and the artifacts of earlier stages. It is this try's own and goes when that has ended. */
  readonly workspace: string;
  /** The try by the stage’s `retry`, from 1. */
  readonly attempt: number;
  /** The same whenever this stage of this run is begun: a worker that dies has it begun once more. */
  readonly idempotencyKey: string;
  /** Adds to what `shipway logs` shows of the stage. A line may hold no secret. */
  readonly log: (line: string) => void;
}

/** How it ended. */
export interface StageAnswer {
  readonly passed: boolean;
  /** For people, on one line. */
  readonly reason: string;
  /** What else was found out: kept as evidence where the stage has `evidence: true`. */
  readonly details?: Json;
}

/**
 * A kind of stage of a user's own. It runs beside a worker of role `stage`, which has no credentials, and heeds the signal: that of a stage
 * which is cancelled, out of time, or whose worker goes away. Whatever it throws fails the stage.
 */
export type StageKind = (work: StageWork, signal: AbortSignal) => Promise<StageAnswer>;

const KEYS = ['passed', 'reason', 'details'] as const;
/** It becomes part of a history, and of a line that people read. */
const MOST_REASON = 500;

/** An answer as it is kept, or why it is none. */
export function readAnswer(given: unknown): StageAnswer | string {
  if (typeof given !== 'object' || given === null) return `it answered ${String(given)}`;
  const other = Object.keys(given).find((key) => !KEYS.some((known) => known === key));
  if (other !== undefined) return `its answer has a key ${other}, and may have ${KEYS.join(', ')}`;
  const { passed, reason, details } = given as Readonly<Record<string, unknown>>;
  if (typeof passed !== 'boolean') return 'its answer says neither passed: true nor passed: false';
  const line = typeof reason === 'string' ? reason.replace(/\s+/g, ' ').trim() : '';
  if (line === '') return 'its answer has no reason';
  const said = { passed, reason: line.slice(0, MOST_REASON) };
  if (details === undefined) return said;
  return isJson(details) ? { ...said, details } : 'the details of its answer are not plain data';
}

/** What is the same when it is read again. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > MOST_DEPTH) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((part) => part === undefined || isJson(part, depth + 1));
}
const MOST_DEPTH = 40;
