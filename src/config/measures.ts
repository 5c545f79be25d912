import { z } from 'zod';
import { shown } from './shown.js';
import { sizeText } from '../domain/size.js';
import {
  LONGEST_MS,
  durationText,
  meantDuration,
  meantSize,
  parseDuration,
  parsePercent,
  parseSize,
} from './units.js';
import { wrong, type About } from './fields.js';

interface Measure {
  readonly parse: (text: string) => number | undefined;
  readonly pattern: string;
  readonly form: string;
  /** What is wrong with a text that is none, and what to try. */
  readonly fault: (text: string) => string;
  /** The same for a number without its unit. */
  readonly bare: (number: string) => string;
}

/** A text in users' notation; a bare number is told that it lacks its unit. */
const measured = ({ parse, pattern, form, fault, bare }: Measure, least: Least, about: About) =>
  z
    .string({
      error: ({ input }) => (typeof input === 'number' ? bare(String(input)) : undefined),
    })
    .meta({ pattern })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined && value >= least.value) return value;
      const message =
        value !== undefined
          ? wrong(`${text} is too little`, `at least ${least.text}`)
          : /^-?\d+(\.\d+)?$/.test(text)
            ? bare(text)
            : fault(text);
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    })
    .meta({ ...about, form });

interface Least {
  readonly value: number;
  readonly text: string;
}

/** A duration; `least` is the shortest that means something. */
export const duration = (about: About, least = '1ms') =>
  measured(DURATION, { value: parseDuration(least) ?? 0, text: least }, about);

/** A share of 100. */
export const percent = (about: About) => measured(PERCENT, { value: 0, text: '0%' }, about);

/** A number of bytes; `least` is the smallest that means something. */
export const size = (about: About, least = '1Ki') =>
  measured(SIZE, { value: parseSize(least) ?? 0, text: least }, about);

const SIZE: Measure = {
  parse: parseSize,
  pattern: '^\\d+(\\.\\d+)?(Ki|Mi|Gi|Ti)$',
  form: 'size',
  bare: (n) => wrong(`${n} has no unit`, bareSize(Number(n))),
  fault: (text) => {
    const meant = meantSize(text);
    return meant === undefined
      ? wrong(`${shown(text)} is no size`, 'a number with Ki, Mi, Gi or Ti, such as 512Mi')
      : wrong(`${shown(text)} is not how a size is written`, meant);
  },
};
/** A large number may be bytes; one that fits a unit is said in it. */
const bareSize = (n: number): string =>
  !Number.isInteger(n) || n <= 0
    ? 'a size such as 512Mi'
    : n < 1024 ** 2
      ? `${String(n)}Mi`
      : n % 1024 === 0
        ? sizeText(n)
        : `${String(Math.ceil(n / 1024))}Ki`;

const DURATION: Measure = {
  parse: parseDuration,
  pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
  form: 'duration',
  bare: (n) => wrong(`${n} has no unit`, n.startsWith('-') ? 'a duration such as 5m' : `${n}s or ${n}m`),
  fault: (text) => {
    const ms = meantDuration(text);
    if (ms === undefined)
      return wrong(`${shown(text)} is no duration`, 'a number with ms, s, m, h or d, such as 30s or 5m');
    if (ms > LONGEST_MS)
      return wrong(`${shown(text)} is too long a time`, `at most ${durationText(LONGEST_MS)}`);
    return wrong(`${shown(text)} is not how a duration is written`, durationText(ms));
  },
};

const PERCENT: Measure = {
  parse: parsePercent,
  pattern: '^\\d{1,3}(\\.\\d{1,2})?%$',
  form: 'percentage',
  bare: (n) => wrong(`${n} has no unit`, bareShare(Number(n)) ?? `${n}%`),
  fault: (text) => {
    const [, number] = /^\s*(\d+(?:\.\d+)?)\s*(?:%|percent|pct|per cent)\s*$/i.exec(text) ?? [];
    if (number === undefined || parsePercent(`${number}%`) === undefined)
      return Number(number) > 100
        ? wrong(`${shown(text)} is more than everything`, 'at most 100%')
        : wrong(
            `${shown(text)} is no percentage`,
            'a number from 0% to 100% with at most two decimals, such as 5%',
          );
    return wrong(`${shown(text)} is not how a percentage is written`, `${number}%`);
  },
};

/** `0.05` may be a share of one. */
const bareShare = (n: number): string | undefined =>
  n > 0 && n < 1
    ? `${String(Math.round(n * 10_000) / 100)}% if it is a share of 1, else ${String(n)}%`
    : n < 0
      ? 'a percentage such as 5%'
      : undefined;
