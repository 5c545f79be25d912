import { z } from 'zod';
import { flowText } from './flow-text.js';
import { shown } from './shown.js';
import { sizeText } from '../domain/size.js';
import {
  LONGEST_MS,
  meantDuration,
  meantSize,
  parseDuration,
  parsePercent,
  parseSize,
  withUnits,
} from './units.js';
import { durationText } from '../domain/duration.js';
import { wrong, type About } from './fields.js';

interface Measure {
  readonly parse: (text: string) => number | undefined;
  readonly pattern: string;
  readonly form: string;
  readonly example: string;
  /** What a text in another notation is in this one. */
  readonly meant: (text: string) => string | undefined;
  /** What is wrong with a text that means none, and what to try. */
  readonly none: (text: string) => string;
  /** What a number without its unit may be, of what is taken; `usual` is the default. */
  readonly bare: (number: string, taken: Taken, usual: number | undefined) => string | undefined;
}
type Taken = (text: string) => boolean;
interface Least {
  readonly value: number;
  readonly text: string;
}

/** A text in users' notation; a bare number is told that it lacks its unit. */
const measured = (measure: Measure, least: Least, about: About) =>
  z
    .string({
      error: ({ input }) =>
        typeof input === 'number' ? withoutUnit(String(input), measure, least, about) : undefined,
    })
    .meta({ pattern: measure.pattern })
    .transform((text, context) => {
      const value = measure.parse(text);
      if (value !== undefined && value >= least.value) return value;
      context.issues.push({ code: 'custom', message: faultOf(text, measure, least, about), input: text });
      return z.NEVER;
    })
    .meta({ ...about, form: measure.form });

/** What is wrong with a text that is not taken. Whatever is suggested is taken. */
function faultOf(text: string, measure: Measure, least: Least, about: About): string {
  const { parse, form } = measure;
  if (parse(text) !== undefined) return tooLittle(text, least);
  if (/^-?\d+(\.\d+)?$/.test(text)) return withoutUnit(text, measure, least, about);
  const meant = measure.meant(text);
  const value = meant === undefined ? undefined : parse(meant);
  if (meant === undefined || value === undefined) return measure.none(text);
  return value < least.value
    ? tooLittle(shown(text), least)
    : wrong(`${shown(text)} is not how a ${form} is written`, meant);
}

const tooLittle = (text: string, least: Least): string =>
  wrong(`${text} is too little`, `at least ${least.text}`);

function withoutUnit(number: string, { parse, form, example, bare }: Measure, least: Least, about: About) {
  const taken: Taken = (text) => (parse(text) ?? -1) >= least.value;
  const meant = bare(number, taken, parse(String(about.default)));
  return wrong(
    `${number} has no unit`,
    meant ?? `a ${form} such as ${flowText(about.examples?.[0] ?? example)}`,
  );
}

/** A duration; `least` is the shortest that means something. */
export const duration = (about: About, least = '1ms') =>
  measured(DURATION, { value: parseDuration(least) ?? 0, text: least }, about);

/** A share of 100; `least` is the smallest that means something. */
export const percent = (about: About, least = '0%') =>
  measured(PERCENT, { value: parsePercent(least) ?? 0, text: least }, about);

/** Of one processor: a thousand of them. */
export const MOST_PERCENT = 100_000;

/** A share of one processor, of which there may be several: of two it is 200%. */
export const processors = (about: About, least = '1%') =>
  measured(PROCESSORS, { value: parsePercent(least) ?? 0, text: least }, about);

/** A number of bytes; `least` is the smallest that means something. */
export const size = (about: About, least = '1Ki') =>
  measured(SIZE, { value: parseSize(least) ?? 0, text: least }, about);

const SIZE: Measure = {
  parse: parseSize,
  pattern: '^\\d+(\\.\\d+)?(Ki|Mi|Gi|Ti)$',
  form: 'size',
  example: '512Mi',
  meant: meantSize,
  none: (text) => wrong(`${shown(text)} is no size`, 'a number with Ki, Mi, Gi or Ti, such as 512Mi'),
  bare: (number) => bareSize(Number(number)),
};
/** A large number may be bytes; one that fits a unit is said in it. */
const bareSize = (n: number): string | undefined =>
  !Number.isInteger(n) || n <= 0
    ? undefined
    : n < 1024 ** 2
      ? `${String(n)}Mi`
      : n % 1024 === 0
        ? sizeText(n)
        : `${String(Math.ceil(n / 1024))}Ki`;

const DURATION: Measure = {
  parse: parseDuration,
  pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
  form: 'duration',
  example: '5m',
  meant: (text) => {
    const ms = meantDuration(text);
    return ms === undefined ? undefined : durationText(ms);
  },
  none: (text) =>
    (meantDuration(text) ?? 0) > LONGEST_MS
      ? wrong(`${shown(text)} is too long a time`, `at most ${durationText(LONGEST_MS)}`)
      : wrong(`${shown(text)} is no duration`, 'a number with ms, s, m, h or d, such as 30s or 5m'),
  bare: (number, taken, usual) => {
    const durations = withUnits(number, usual).filter(taken);
    return durations.length === 0 ? undefined : durations.join(' or ');
  },
};

/** Of at most so many per cent, each digit of which is taken. */
const percentage = (most: number, moreThan: string, example: string): Measure => ({
  parse: (text) => parsePercent(text, most),
  pattern: `^\\d{1,${String(String(most).length)}}(\\.\\d{1,2})?%$`,
  form: 'percentage',
  example,
  meant: meantPercent,
  none: (text) =>
    parseFloat(meantPercent(text) ?? '') > most
      ? wrong(`${shown(text)} is more than ${moreThan}`, `at most ${String(most)}%`)
      : wrong(
          `${shown(text)} is no percentage`,
          `a number from 0% to ${String(most)}% with at most two decimals, such as ${example}`,
        ),
  bare: (number, taken) => {
    const whole = taken(`${number}%`) ? `${number}%` : undefined;
    return bareShare(Number(number), whole) ?? whole;
  },
});
const PERCENT = percentage(100, 'everything', '5%');
const PROCESSORS = percentage(MOST_PERCENT, 'all processors of a machine', '90%');

function meantPercent(text: string): string | undefined {
  const [, number] = /^\s*(\d+(?:\.\d+)?)\s*(?:%|percent|pct|per cent)\s*$/i.exec(text) ?? [];
  return number === undefined ? undefined : `${number}%`;
}

/** `0.05` may be a share of one. */
function bareShare(n: number, whole: string | undefined): string | undefined {
  if (!(n >= 0.0001 && n < 1)) return undefined;
  const share = `${String(Math.round(n * 10_000) / 100)}%`;
  return whole === undefined ? share : `${share} if it is a share of 1, else ${whole}`;
}
