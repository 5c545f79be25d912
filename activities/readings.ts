import { isShared } from '../src/domain/comparing.js';
import { hasLimits } from '../src/domain/metric-judgement.js';
import type { MetricSource } from '../src/domain/ports.js';
import { named, tellsReleases } from '../src/domain/queries.js';
import type { Observation, Reading, WatchInput } from '../src/domain/watching.js';
import type { Subject } from '../src/domain/window.js';
import { sayOf } from './say-of.js';

type Missing = NonNullable<Reading['missing']>;
/** A value, or why there is none. */
interface Answer {
  readonly value: number | null;
  readonly missing?: Missing;
}
/** A reason may quote what a stranger answered, and is handed on with the evidence. */
const MOST_REASON = 300;

/**
 * What the business metrics of a plan say, all as of one instant: of the candidate, and of stable while users are with both. Each by itself:
 * one that gets no answer takes no other with it. Never throws.
 */
export async function readings(
  source: () => Promise<MetricSource>,
  input: WatchInput,
  signal: AbortSignal,
): Promise<Pick<Observation, 'metrics'>> {
  const { metrics } = input.plan.triggers;
  if (metrics === undefined) return {};
  const at = Date.now();
  const stable = isShared(input.share ?? 0) ? input.stable : undefined;
  const asked = Object.entries(metrics).filter(([, trigger]) => hasLimits(trigger) || stable !== undefined);
  const read = asked.map(async ([name, { query }]) => {
    const ask = async (who: Subject, lacking: Missing['kind']): Promise<Answer> => {
      try {
        const from = await source();
        if (from.query === undefined) return none('unavailable', 'the metric source answers no queries');
        return answerOf(await from.query(input, named(query, { ...input, ...who }), at, signal), lacking);
      } catch (error) {
        return none('unavailable', sayOf(error));
      }
    };
    const ours = ask(input.candidate, 'unavailable');
    // A stable without traffic, or of before the metric was there, is too little to compare with.
    const theirs = stable !== undefined && tellsReleases(query) ? ask(stable, 'inconclusive') : undefined;
    return [name, readingOf(await ours, await theirs)] as const;
  });
  return { metrics: Object.fromEntries(await Promise.all(read)) };
}

function answerOf(value: number | undefined, lacking: Missing['kind']): Answer {
  if (value === undefined) return none(lacking, 'there is nothing of it, or nothing new');
  return Number.isFinite(value) ? { value } : none('inconclusive', `it says ${String(value)}`);
}

const none = (kind: Missing['kind'], reason: string): Answer => ({
  value: null,
  missing: { kind, reason: reason.slice(0, MOST_REASON) },
});

function readingOf(ours: Answer, theirs: Answer | undefined): Reading {
  if (theirs === undefined) return ours;
  const missing =
    ours.missing ?? (theirs.missing && { ...theirs.missing, reason: `of stable, ${theirs.missing.reason}` });
  return { value: ours.value, stable: theirs.value, ...(missing === undefined ? {} : { missing }) };
}
