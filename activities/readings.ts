import { isShared } from '../src/domain/comparing.js';
import { hasLimits } from '../src/domain/metric-judgement.js';
import type { MetricSource } from '../src/domain/ports.js';
import { named, tellsReleases } from '../src/domain/queries.js';
import type { MetricTrigger } from '../src/domain/watch-plan.js';
import type { Observation, Reading, WatchInput } from '../src/domain/watching.js';
import { answered } from './answered.js';
import { sayOf } from './say-of.js';

type Missing = NonNullable<Reading['missing']>;
/** A value, or why there is none. */
interface Answer {
  readonly value: number | null;
  readonly missing?: Missing;
}
/** Asks a query with its names replaced; where it has no value that is `lacking`, unless there is more to say. */
type Ask = (query: string, lacking: Missing['kind']) => Promise<Answer>;

/**
 * What the business metrics of a plan say, all as of one instant: of the candidate, and of stable while users are with both. Each by itself:
 * one that gets no answer takes no other with it. What was read last before the phase began says nothing of it. Never throws.
 */
export async function readings(
  source: () => Promise<MetricSource>,
  input: WatchInput,
  signal: AbortSignal,
): Promise<Pick<Observation, 'metrics' | 'metricsAt'>> {
  const { metrics } = input.plan.triggers;
  if (metrics === undefined) return {};
  const at = Date.now();
  const ask: Ask = async (query, lacking) => {
    try {
      const from = await source();
      return await answered(signal, (ending) => answerOf(from, input, { query, at, lacking }, ending));
    } catch (error) {
      return none('unavailable', sayOf(error));
    }
  };
  const asked = Object.entries(metrics).filter(
    ([, trigger]) => hasLimits(trigger) || stableOf(input) !== undefined,
  );
  const read = asked.map(async ([name, trigger]) => [name, await readingOf(ask, input, trigger)] as const);
  return { metrics: Object.fromEntries(await Promise.all(read)), metricsAt: at };
}

const stableOf = ({ share = 0, stable }: WatchInput): WatchInput['stable'] =>
  isShared(share) ? stable : undefined;

interface Question {
  readonly query: string;
  readonly at: number;
  readonly lacking: Missing['kind'];
}

async function answerOf(
  source: MetricSource,
  input: WatchInput,
  { query, at, lacking }: Question,
  signal: AbortSignal,
): Promise<Answer> {
  if (source.query === undefined) return none('unavailable', 'the metric source answers no queries');
  const value = await source.query(input, query, { at, since: input.from }, signal);
  if (value !== undefined)
    return Number.isFinite(value) ? { value } : none('inconclusive', `it says ${String(value)}`);
  const before = await source.query(input, query, { at }, signal);
  return before === undefined
    ? none(lacking, 'there is nothing of it, or nothing new')
    : none('inconclusive', 'the newest of it is of before this step began');
}

const none = (kind: Missing['kind'], reason: string): Answer => ({ value: null, missing: { kind, reason } });

async function readingOf(ask: Ask, input: WatchInput, { query, beside }: MetricTrigger): Promise<Reading> {
  const stable = stableOf(input);
  const ours = named(query, { ...input, ...input.candidate });
  if (stable === undefined || !tellsReleases(query)) return ask(ours, 'unavailable');
  const theirs = named(query, { ...input, ...stable });
  if (theirs !== ours)
    // A stable without traffic, or of before the metric was there, is too little to compare with.
    return together(...(await Promise.all([ask(ours, 'unavailable'), ask(theirs, 'inconclusive')])));
  const one = await ask(ours, 'unavailable');
  return beside === undefined ? one : together(one, SAME);
}
/** A new configuration alone. */
const SAME = none('inconclusive', 'it is the same release, which only $slot in the query could tell apart');

function together(ours: Answer, theirs: Answer): Reading {
  const missing =
    ours.missing ?? (theirs.missing && { ...theirs.missing, reason: `of stable, ${theirs.missing.reason}` });
  return { value: ours.value, stable: theirs.value, ...(missing === undefined ? {} : { missing }) };
}
