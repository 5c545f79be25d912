import { expect, test } from 'vitest';
import { readings } from '../../activities/readings.js';
import type { MetricSource } from '../../src/domain/ports.js';
import type { MetricTrigger, WatchPlan } from '../../src/domain/watch-plan.js';
import type { WatchInput } from '../../src/domain/watching.js';
import { ShipwayError } from '../../src/errors.js';
import { CANDIDATE, STABLE, WATCH_PLAN, watchInput } from '../support/watching.js';

const never = new AbortController().signal;
const sample = () => Promise.reject(new Error('unused'));
const RANGED: MetricTrigger = { query: 'all{s="$service"}', min: 1, windowMs: 60_000 };
const BOTH: MetricTrigger = {
  ...{ query: 'each{r="$release",s="$slot"}', min: 1, windowMs: 60_000 },
  beside: { direction: 'either', tolerance: 100 },
};
const { min: _, ...ONLY_BESIDE } = BOTH;
const input = (metrics: Record<string, MetricTrigger>, more: Partial<WatchInput> = {}): WatchInput => {
  const plan: WatchPlan = { ...WATCH_PLAN, triggers: { metrics } };
  return watchInput({ plan, share: 500, ...more });
};
const [ofCandidate, ofStable] = [CANDIDATE, STABLE].map(
  ({ release, slot }) => `each{r="${release}",s="${slot}"}`,
);

type Answer = number | undefined | Error;
/** A source that answers each query as told, with what is new and with what is only there, and says what it was asked. */
function answering(answers: Readonly<Record<string, Answer>>, old: Readonly<Record<string, Answer>> = {}) {
  const asked: [query: string, at: number, since: number | undefined][] = [];
  const source: MetricSource = {
    sample,
    query: (_, query, { at, since }) => {
      asked.push([query, at, since]);
      const answer = answers[query] ?? (since === undefined ? old[query] : undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return { asked, read: (of: WatchInput) => readings(() => Promise.resolve(source), of, never) };
}

test('each is asked of the candidate and of stable, as of one instant', async () => {
  const { asked, read } = answering({ 'all{s="shop"}': 3, [ofCandidate ?? '']: 1, [ofStable ?? '']: 2 });
  const { metricsAt, ...said } = await read(input({ a: RANGED, b: BOTH }, { from: 7 }));
  expect(said).toEqual({ metrics: { a: { value: 3 }, b: { value: 1, stable: 2 } } });
  expect(asked.map(([query]) => query).toSorted()).toEqual(['all{s="shop"}', ofStable, ofCandidate]);
  expect(new Set(asked.map(([, at]) => at))).toEqual(new Set([metricsAt]));
  expect(new Set(asked.map(([, , since]) => since))).toEqual(new Set([7]));
});

test.each<[string, Partial<WatchInput>]>([
  ['all users have the candidate', { share: 10_000 }],
  ['none has it yet', { share: 0 }],
  ['its share is not known', { share: undefined as never }],
  ['it is the first deployment', { stable: undefined as never }],
])('stable is not asked when %s', async (_, more) => {
  const { asked, read } = answering({ [ofCandidate ?? '']: 1 });
  expect(await read(input({ b: BOTH, c: ONLY_BESIDE }, more))).toMatchObject({
    metrics: { b: { value: 1 } },
  });
  expect(asked).toHaveLength(1);
});

const away = new ShipwayError('metrics.unavailable', 'away');
test.each<[string, Answer, Answer, [kind: string, reason: string]]>([
  ['nothing of the candidate', undefined, 2, ['unavailable', 'there is nothing of it, or nothing new']],
  ['nothing of stable', 1, undefined, ['inconclusive', 'of stable, there is nothing of it, or nothing new']],
  ['NaN', NaN, 2, ['inconclusive', 'it says NaN']],
  ['an infinity', -Infinity, 2, ['inconclusive', 'it says -Infinity']],
  ['NaN of stable', 1, NaN, ['inconclusive', 'of stable, it says NaN']],
  ['no answer', away, 2, ['unavailable', 'away']],
  ['no answer of stable', 1, away, ['unavailable', 'of stable, away']],
  ['neither', NaN, away, ['inconclusive', 'it says NaN']],
  ['a long reason', new Error('x'.repeat(9_999)), 2, ['unavailable', `${'x'.repeat(299)}…`]],
])('no value: %s', async (_, ours, theirs, [kind, reason]) => {
  const { read } = answering({ [ofCandidate ?? '']: ours, [ofStable ?? '']: theirs, 'all{s="shop"}': 3 });
  const { metrics } = await read(input({ b: BOTH, a: RANGED }));
  expect(metrics).toMatchObject({ a: { value: 3 }, b: { missing: { kind, reason } } });
  const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
  expect([metrics?.['b']?.value, metrics?.['b']?.stable]).toEqual(
    [ours, theirs].map((v) => (isNumber(v) ? v : null)),
  );
});

test('what was read last before the phase began is no value of it', async () => {
  const { read } = answering({ [ofCandidate ?? '']: 1 }, { 'all{s="shop"}': 3, [ofStable ?? '']: 2 });
  const { metrics } = await read(input({ a: RANGED, b: BOTH }));
  const reason = 'the newest of it is of before this step began';
  expect(metrics).toEqual({
    a: { value: null, missing: { kind: 'inconclusive', reason } },
    b: { value: 1, stable: null, missing: { kind: 'inconclusive', reason: `of stable, ${reason}` } },
  });
});

test('a release is not compared with itself: a new configuration alone needs $slot', async () => {
  const byRelease = { ...BOTH, query: 'each{r="$release"}' };
  const text = `each{r="${CANDIDATE.release}"}`;
  const stable = { ...STABLE, release: CANDIDATE.release };
  const bySlot = [CANDIDATE, stable].map(({ release, slot }) => `each{r="${release}",s="${slot}"}`);
  const { asked, read } = answering({ [text]: 1, [bySlot[0] ?? '']: 3, [bySlot[1] ?? '']: 4 });
  const { beside: _beside, ...limits } = byRelease;
  const { metrics } = await read(input({ a: byRelease, b: limits, c: BOTH }, { stable }));
  expect(metrics).toEqual({
    a: {
      ...{ value: 1, stable: null },
      missing: {
        kind: 'inconclusive',
        reason: 'of stable, it is the same release, which only $slot in the query could tell apart',
      },
    },
    b: { value: 1 },
    c: { value: 3, stable: 4 },
  });
  expect(asked).toHaveLength(4);
});

test('a source that answers no queries, and a worker without it, are no values', async () => {
  const missing = async (source: () => Promise<MetricSource>) =>
    (await readings(source, input({ a: RANGED }), never)).metrics?.['a']?.missing;
  expect(await missing(() => Promise.resolve({ sample }))).toEqual({
    kind: 'unavailable',
    reason: 'the metric source answers no queries',
  });
  expect(await missing(() => Promise.reject(away))).toMatchObject({ kind: 'unavailable', reason: 'away' });
});

test('where a plan has none, nothing is asked', async () => {
  expect(await readings(sample, watchInput(), never)).toEqual({});
});
