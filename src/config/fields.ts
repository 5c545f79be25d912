import { z } from 'zod';
import { NAME } from '../domain/ids.js';
import { parseDuration, parsePercent } from './units.js';

/** The kinds of values that both files are made of. A message of an error is `what is wrong | what to try`. */
export const duration = (meaning: string) =>
  z
    .string({ error: () => 'a duration is a number with a unit | 30s, 5m or 2000ms' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined) return ms;
      context.issues.push({
        code: 'custom',
        message: `${quoted(text)} is no duration | a number with ms, s, m, h or d, such as 30s or 5m`,
        input: text,
      });
      return z.NEVER;
    })
    .meta({ description: meaning, examples: ['30s', '5m'] });

export const percent = (meaning: string) =>
  z
    .string({ error: () => 'a percentage is a number with % | 5%' })
    .transform((text, context) => {
      const points = parsePercent(text);
      if (points !== undefined) return points;
      context.issues.push({
        code: 'custom',
        message: `${quoted(text)} is no percentage | a number from 0% to 100% with at most two decimals, such as 5%`,
        input: text,
      });
      return z.NEVER;
    })
    .meta({ description: meaning, examples: ['5%'] });

export const name = (meaning: string) =>
  z
    .string()
    .regex(NAME, {
      error: (issue) =>
        `${quoted(issue.input)} is no name | lower-case letters, digits and dashes, beginning with a letter`,
    })
    .meta({ description: meaning });

/** A path of the repository: relative, and nowhere else. */
export const innerPath = (meaning: string) =>
  z
    .string()
    .min(1)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'), {
      error: (issue) => `${quoted(issue.input)} leads out of the workspace | a path inside it, such as dist/`,
    })
    .meta({ description: meaning });

export const urlPath = (meaning: string) =>
  z
    .string()
    .startsWith('/', {
      error: (issue) => `${quoted(issue.input)} is no path | one that begins with /, such as /health`,
    })
    .meta({ description: meaning });

export const integer = (min: number, max: number, meaning: string) =>
  z.int().min(min).max(max).meta({ description: meaning });

/** One of a few names; known names that are still to come say so. */
export function choice<const T extends string>(
  known: readonly [T, ...T[]],
  coming: readonly string[],
  meaning: string,
) {
  return z
    .enum(known, {
      error: (issue) =>
        coming.includes(String(issue.input))
          ? `${quoted(issue.input)} is not available yet | ${known.join(' or ')}`
          : undefined,
    })
    .meta({ description: meaning });
}

const quoted = (value: unknown): string => JSON.stringify(value);
