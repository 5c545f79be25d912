import { z } from 'zod';
import { BRANCH, NAME, TAGS } from '../domain/ids.js';
import { shown } from './shown.js';

/**
 * What the references and suggestions say of a key. `default` is what is filled in where the key is not there, as users write it;
 * `examples` are valid values of it.
 */
export interface About {
  readonly description: string;
  readonly default?: string | number | boolean | readonly string[];
  readonly examples?: readonly unknown[];
}

/**
 * The kinds of values that both files are made of. The message of an error has two lines: what is wrong, and what to try.
 * An error without a message of its own is put in words where it is reported.
 */
export const wrong = (what: string, instead: string): string => `${what}\n${instead}`;

export const name = (about: About) =>
  z
    .string()
    .regex(NAME, { error: ({ input }) => wrong(...misnamed(String(input))) })
    .meta({ ...about, form: 'name' });

/** What is wrong with a text that is no name, and what to try: of `My Shop` it is `my-shop`. */
export function misnamed(text: string): [message: string, suggestion: string] {
  const near = text
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-');
  if (NAME.test(near)) return [`${shown(text)} is no name`, near];
  return near.length > LONGEST_NAME && NAME.test(near.slice(0, LONGEST_NAME))
    ? [`${shown(text)} has ${String(near.length)} characters`, `a name of at most ${String(LONGEST_NAME)}`]
    : [`${shown(text)} is no name`, 'lower-case letters, digits and dashes, beginning with a letter'];
}
const LONGEST_NAME = 63;

/** A branch by its plain name. */
export const branch = () =>
  z.string().regex(BRANCH, {
    error: ({ input }) =>
      /[*?[]/.test(String(input))
        ? wrong(
            `${shown(input)} is a pattern, and branches are named one by one`,
            'a plain name, such as main',
          )
        : wrong(
            `${shown(input)} is no name of a branch`,
            /^refs\/heads\/(.+)$/.exec(String(input))?.[1] ?? 'a plain one, such as main',
          ),
  });

/** Tags by a pattern. */
export const tags = () =>
  z.string().regex(TAGS, {
    error: ({ input }) =>
      wrong(
        `${shown(input)} is no pattern of versions`,
        /^refs\/tags\/(.+)$/.exec(String(input))?.[1] ??
          'letters, digits and . _ + - with * for any, such as v*',
      ),
  });

/** A path of the repository: relative, and nowhere else. It is taken as it stands, no shell reads it. */
export const innerPath = (what: string) =>
  z
    .string()
    .min(1)
    .regex(/^(?![~\s])(?!.*\s$)[^*?\\]*$/, {
      error: ({ input }) => wrong(`${shown(input)} is no plain path`, plainPath(String(input))),
    })
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
      error: ({ input }) =>
        wrong(`${shown(input)} leads out of the workspace`, 'a path inside it, such as dist/'),
    })
    .meta({ description: what, form: 'path' });

/** What stands before the pattern in one, with slashes. */
function plainPath(text: string): string {
  const [before = ''] = text.trim().replaceAll('\\', '/').split(/[*?]/);
  const folder = before.slice(0, before.lastIndexOf('/') + 1);
  return folder === '' || /^[~/]|^[A-Za-z]:/.test(folder)
    ? 'a file or folder by its name, such as dist/'
    : folder;
}

/** A path on the instance itself: what a URL parser would take for another host is none. */
export const urlPath = (about: About) =>
  z
    .string()
    .regex(/^\/(?![/\\])[^\s\\#]*$/, {
      error: ({ input }) =>
        wrong(`${shown(input)} is no path`, 'one that begins with one /, such as /health'),
    })
    .meta({ ...about, form: 'path' });

/** A name of a header or a cookie, as RFC 9110 and RFC 6265 have it. */
export const token = (about: About) =>
  z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, {
      error: ({ input }) =>
        wrong(`${shown(input)} is no name of a header or cookie`, 'letters, digits and dashes'),
    })
    .meta({ ...about });

export const integer = (min: number, max: number, about: About) =>
  z
    .int()
    .min(min)
    .max(max)
    .meta({ ...about });

export const yesOrNo = (about: About) => z.boolean().meta({ ...about });

/** One of a few names; known names that are still to come say so. */
export function choice<const T extends string>(
  known: readonly [T, ...T[]],
  coming: readonly string[],
  about: About,
) {
  return z
    .enum(known, {
      error: ({ input }) =>
        coming.some((name) => name === input)
          ? wrong(`${shown(input)} is not available yet`, known.join(' or '))
          : undefined,
    })
    .meta({ ...about, ...(coming.length === 0 ? {} : { coming }) });
}
