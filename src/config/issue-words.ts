import type { z } from 'zod';
import { alternative } from './alternative.js';
import { flowText } from './flow-text.js';
import { shown } from './shown.js';

/** What is wrong, and what to try. */
export type Said = [message: string, suggestion: string];

/** What is known of the place that an issue is about. */
export interface About {
  /** Its last step, as a key is written; absent for an entry of a list and for the whole file. */
  readonly key?: string;
  /** How the value is written there. */
  readonly written?: string;
  readonly keys: readonly string[];
  /** A valid value. */
  readonly example: unknown;
}

/** A message of ours has both, on two lines; what zod found is put in words. */
export function said(issue: z.core.$ZodIssue, about: About): Said {
  const [own, hint] = issue.message.split('\n');
  if (own !== undefined && hint !== undefined) return [own, hint];
  const value = about.written ?? textOf(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return wrongKind(issue.input, issue.expected, about);
    case 'invalid_value': {
      const values = issue.values.map(String);
      return issue.input === undefined
        ? ['it is missing', values.join(' or ')]
        : [`${shown(value)} is not known here`, alternative(value, values)];
    }
    case 'too_small':
      return isNumber(issue.origin)
        ? [`${value} is less than ${String(issue.minimum)}`, `at least ${String(issue.minimum)}`]
        : ['it is empty', emptyIn(issue.origin, about)];
    case 'too_big':
      return isNumber(issue.origin)
        ? [`${value} is more than ${String(issue.maximum)}`, `at most ${String(issue.maximum)}`]
        : [
            Array.isArray(issue.input) ? `these are ${String(issue.input.length)}` : 'it is too long',
            `at most ${String(issue.maximum)}`,
          ];
    default:
      return [issue.message, 'correcting it'];
  }
}

const LEAVE = 'leaving it out';
function emptyIn(origin: string, { key, example }: About): string {
  if (origin === 'string' && key === undefined) return LEAVE;
  return example === undefined ? 'at least one' : flowText(example);
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
const isNumber = (origin: string): boolean => origin === 'number' || origin === 'int';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function wrongKind(input: unknown, expected: string, about: About): Said {
  const wanted = KINDS[expected] ?? expected;
  const { key, keys, example } = about;
  const such =
    example === undefined
      ? keys.length === 0
        ? wanted
        : `a mapping of ${keys.join(', ')}`
      : flowText(example);
  const whole = example === undefined || key === undefined ? such : `${key}: ${such}`;
  if (input === undefined) return ['it is missing', whole];
  if (input === null)
    return [
      'it has no value',
      whole !== 'a text' ? whole : key === undefined ? LEAVE : '"" if it is to be empty',
    ];
  if (Array.isArray(input)) return [`this is a list, not ${wanted}`, such];
  if (typeof input === 'object')
    return [
      `this is a mapping, not ${wanted}`,
      expected === 'string' ? 'quoting the whole text, if it is one that holds a colon' : such,
    ];
  return wrongScalar(input, expected, wanted, such, about.written ?? textOf(input));
}

function wrongScalar(input: unknown, expected: string, wanted: string, such: string, text: string): Said {
  const what = typeof input === 'boolean' ? 'a yes or no' : typeof input === 'number' ? 'a number' : 'a text';
  if (expected === 'string') return [`${text} is ${what}, not a text`, `quoting it: "${text}"`];
  if (expected === 'array') return [`${shown(text)} is ${what}, not a list`, asList(text, such)];
  if ((expected === 'number' || expected === 'int') && /^\d+$/.test(text))
    return [`${shown(text)} is a text, not a number`, `${text}, without quotes`];
  const given = typeof input === 'string' ? shown(text) : text;
  if (expected === 'boolean') return [`${given} is ${what}, not ${wanted}`, meant(text) ?? wanted];
  return [
    `${given} is ${what}, not ${wanted}`,
    wanted === KINDS['int'] ? `${wanted}, such as ${such}` : such,
  ];
}

/** The yes or no that a text is meant as; never the other one. */
function meant(text: string): string | undefined {
  if (/^(?:true|yes|on)$/i.test(text)) return 'true, without quotes';
  return /^(?:false|no|off)$/i.test(text) ? 'false, without quotes' : undefined;
}

/** The list that a text is meant as: its lines, or what stands between its commas. */
function asList(text: string, such: string): string {
  const parted = /^[\w.%-]+(?:, *[\w.%-]+)+$/.test(text) ? text.split(/, */) : text.split('\n');
  const lines = parted.filter((line) => line.trim() !== '');
  return lines.length > 0 && lines.length <= 3 && text.length <= 80 ? flowText(lines) : such;
}
