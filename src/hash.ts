import { createHash } from 'node:crypto';
import { canonical } from './domain/canonical.js';
import type { Digest } from './domain/release.js';

/** sha256 in lower-case hex. */
export const sha256 = (content: string | Uint8Array): Digest =>
  createHash('sha256').update(content).digest('hex');

/** sha256 of a value's canonical text: equal values have equal digests on every machine. */
export const digestOf = (value: unknown): Digest => sha256(canonical(value));
