import { z } from 'zod';
import { NAME } from '../domain/ids.js';
import { shown } from './shown.js';
import { parseDuration, parsePercent } from './units.js';

/**
 * The kinds of values that both files are made of. The message of an error has two lines: what is wrong, and what to try.
 * An error without a message of its own is put in words where it is reported.
 */
export const wrong = (what: string, instead: string): string => `${what}\n${instead}`;

/** A text in users' notation; a bare number is told that it lacks its unit. */
const measured = (
  parse: (text: string) => number | undefined,
  a: {
    readonly called: string;
    readonly like: string;
    readonly bare: (n: string) => string;
    readonly pattern: string;
  },
) =>
  z
    .string({
      error: ({ input }) =>
        typeof input === 'number' ? wrong(`${String(input)} has no unit`, a.bare(String(input))) : undefined,
    })
    .meta({ pattern: a.pattern })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.issues.push({
        code: 'custom',
        message: /^\d+$/.test(text)
          ? wrong(`${text} has no unit`, a.bare(text))
          : wrong(`${shown(text)} is no ${a.called}`, a.like),
        input: text,
      });
      return z.NEVER;
    });

export const duration = (meaning: string) =>
  measured(parseDuration, {
    called: 'duration',
    like: 'a number with ms, s, m, h or d, such as 30s or 5m',
    bare: (n) => `${n}s or ${n}m`,
    pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
  }).meta({ description: meaning, form: 'duration such as `30s`, `5m`' });

export const percent = (meaning: string) =>
  measured(parsePercent, {
    called: 'percentage',
    like: 'a number from 0% to 100% with at most two decimals, such as 5%',
    bare: (n) => `${n}%`,
    pattern: '^\\d{1,3}(\\.\\d{1,2})?%$',
  }).meta({ description: meaning, form: 'percentage such as `5%`' });

export const name = (meaning: string) =>
  z
    .string()
    .regex(NAME, {
      error: ({ input }) =>
        wrong(`${shown(input)} is no name`, 'lower-case letters, digits and dashes, beginning with a letter'),
    })
    .meta({ description: meaning });

/** A branch by its plain name: git's own rules for one, and nothing that git could take for an option or an expression. */
export const branch = () =>
  z.string().regex(/^(?![-./])(?!.*(\.\.|\/\/|@\{|\.lock$|[./]$))[^\s~^:?*[\]\\]{1,200}$/, {
    error: ({ input }) => wrong(`${shown(input)} is no name of a branch`, 'a plain one, such as main'),
  });

/** A path of the repository: relative, and nowhere else. */
export const innerPath = (meaning: string) =>
  z
    .string()
    .min(1)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
      error: ({ input }) =>
        wrong(`${shown(input)} leads out of the workspace`, 'a path inside it, such as dist/'),
    })
    .meta({ description: meaning });

/** A path on the instance itself: what a URL parser would take for another host is none. */
export const urlPath = (meaning: string) =>
  z
    .string()
    .regex(/^\/(?![/\\])[^\s\\#]*$/, {
      error: ({ input }) =>
        wrong(`${shown(input)} is no path`, 'one that begins with one /, such as /health'),
    })
    .meta({ description: meaning });

/** A name of a header or a cookie, as RFC 9110 and RFC 6265 have it. */
export const token = (meaning: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, {
      error: ({ input }) =>
        wrong(`${shown(input)} is no name of a header or cookie`, 'letters, digits and dashes'),
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
      error: ({ input }) =>
        coming.includes(String(input))
          ? wrong(`${shown(input)} is not available yet`, known.join(' or '))
          : undefined,
    })
    .meta({ description: meaning });
}
