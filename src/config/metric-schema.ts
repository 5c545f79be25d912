import { z } from 'zod';
import { DIRECTIONS } from '../domain/watch-plan.js';
import { readPromql } from '../promql.js';
import { choice, name, wrong } from './fields.js';
import { duration, percent } from './measures.js';
import { promql } from './query-schema.js';
import { shown } from './shown.js';

/** Each is two questions at every look, and one more line in what a watch shows. */
export const MOST_METRICS = 10;
/** Both, as in a new configuration alone the release is the same, and in the next deployment the slot. */
export const EXAMPLE = 'orders{service="$service",release="$release",slot="$slot"}';

const query = promql(['$service', '$environment', '$release', '$slot'])
  .refine((text) => readPromql(text).rangeOf === undefined, {
    error: ({ input }) =>
      wrong(
        `${shown(input)} has a range at its end, and gives no number`,
        'a function of it, such as rate(orders_total[5m])',
      ),
  })
  .refine((text) => text === '' || readPromql(text).selectors.length > 0, {
    error: ({ input }) => wrong(`${shown(input)} asks for no series`, EXAMPLE),
  })
  .refine((text) => !readPromql(text).hasSubquery, {
    error: ({ input }) =>
      wrong(
        `${shown(input)} has a subquery, and shipway cannot tell how old what it gives is`,
        'a recording rule for what is inside, and its name here',
      ),
  })
  .meta({
    description:
      'gives one number; `$release` and `$slot` ask for the candidate apart from stable. Better a mean or a part of something than an amount, as shares differ',
    examples: [EXAMPLE],
    form: 'PromQL',
  });

const limit = (description: string, example: number) =>
  z
    .number({ error: ({ input }) => notNumber(input, example) })
    .meta({ description, examples: [example], form: 'number' })
    .optional();

function notNumber(input: unknown, example: number): string | undefined {
  if (typeof input === 'number')
    return wrong(`${String(input)} is no number to be held against`, String(example));
  if (typeof input !== 'string') return undefined;
  const meant = input.trim() === '' ? NaN : Number(input);
  return Number.isFinite(meant)
    ? wrong(`${shown(input)} is a text, not a number`, `${String(meant)}, without quotes`)
    : wrong(`${shown(input)} is no number`, `one such as ${String(example)}`);
}

const metric = z
  .strictObject({
    query: query.optional(),
    min: limit('below it is bad', 10),
    max: limit('above it is bad', 20),
    direction: choice(DIRECTIONS, [], {
      description:
        'which way from stable’s value at the same time is bad; judged while users are with both, and needs `$release` or `$slot`',
      examples: ['decrease'],
    }).optional(),
    tolerance: percent({
      description: 'so much of stable’s value a value may differ that way',
      default: '20%',
      examples: ['10%'],
    }).optional(),
    window: duration({
      description: 'at every look of it a value must be bad to take the release back; at least two looks',
      default: '5m',
      examples: ['2m'],
    }).optional(),
  })
  .meta({ examples: [{ query: EXAMPLE, min: 10 }] });

/** Business metrics by their names. */
export const metricsSchema = z.record(name({ description: '', examples: ['orders'] }), metric).meta({
  description:
    'business metrics by their names, at most 10, asked of `prometheus` at each look: each with limits (`min`, `max`), a `direction`, or both',
  examples: [{ orders: { query: EXAMPLE, min: 10 } }],
  maxProperties: MOST_METRICS,
});
