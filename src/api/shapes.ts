import { z } from 'zod';
import type { AuditEntry } from '../domain/audit.js';
import type { Json } from '../domain/canonical.js';
import { NAME } from '../domain/ids.js';
import { DIGEST } from '../domain/release.js';
import type { LogChunk } from '../domain/store.js';

/** What requests may look like. Unknown names are errors. */

export const digest = z.string().regex(DIGEST, 'is no sha256 (64 lower-case hexadecimal digits)');
export const name = z.string().regex(NAME, 'is no name (lower-case letters, digits and dashes)');
/** Run ids and workflow ids: visible characters. */
export const id = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[\x21-\x7e]+$/, 'has characters that no id has');
/** A whole number in a query, where everything is text. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'is no whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
export const days = whole(1, 36_500);
/** A UTC instant that every date of PostgreSQL can be. */
export const instant = z.iso.datetime().refine((text) => Date.parse(text) >= 0, 'is before 1970');
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const text = (max: number) => z.string().max(max);
const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export const logChunk: z.ZodType<LogChunk> = z.strictObject({
  run: id,
  stage: id,
  attempt: count,
  seq: count,
  digest,
  bytes: z.int().min(0),
  last: z.boolean(),
});

const json: z.ZodType<Json> = z.json();
/** What a stage worker may report: no person's statement, and only events of stages. */
const stageEntry: z.ZodType<AuditEntry> = z.strictObject({
  key: text(1_000).min(1),
  timestamp: instant,
  event_type: z.string().regex(/^stage\.[a-z_.]{1,80}$/, 'is no event of a stage (stage.…)'),
  user: text(200),
  service: name,
  environment: text(63),
  version: text(200),
  workflow: id,
  details: z.record(z.string(), json),
  ip_address: text(100).exactOptional(),
  user_agent: text(1_000).exactOptional(),
  late: z.boolean().exactOptional(),
});
export const stageAudit = z.strictObject({ entries: z.array(stageEntry).max(100) });
