import { describe, expect, test } from 'vitest';
import { COMPARISON, ERROR_RATE, delayOf, judged, judgedOften } from '../../bench/judged.js';
import { quantile } from '../../bench/measure.js';
import type { Simulation } from '../../bench/simulated-users.js';
import { comparing } from '../../src/domain/comparing.js';
import { against, compared, type Comparison, type Tally } from '../../src/domain/comparison.js';
import { extended, findingsOf, type Judged } from '../../src/domain/watch-loop.js';
import type { Observation, WatchEvidence } from '../../src/domain/watching.js';
import { CANDIDATE, STABLE, WATCH_PLAN, atRisk, counters, seen } from '../support/watching.js';

const always = (value: number) => (): number => value;
const settings = (more: Partial<Simulation>): Omit<Simulation, 'random'> => ({
  ...{ perLook: 40, share: always(500), users: 'independent' as const },
  rate: { candidate: always(0.01), stable: always(0.01) },
  ...more,
});
const ONLY = { comparison: COMPARISON };
const rollbacks = (of: ReturnType<typeof judgedOften>): number =>
  of.filter(({ failedAt }) => failedAt !== undefined).length;

/** At α = 1 %, more than 4 of 60 have a probability of less than 0.1 %. */
const TIMES = 60;
const MOST = 4;
const steps: Simulation['share'] = (look) => (look < 40 ? 500 : look < 80 ? 2_500 : 5_000);

describe('the stated error rate', () => {
  test.each(['independent', 'clustered'] as const)('holds over all phases of a deployment, %s', (users) => {
    const same = settings({ users, share: steps, rate: { candidate: always(0.02), stable: always(0.02) } });
    expect(rollbacks(judgedOften(TIMES, same, ONLY, 120))).toBeLessThanOrEqual(MOST);
  });

  test('would not hold if every error of a user counted', () => {
    const untold = settings({ users: 'clustered', untold: true, share: always(2_500) });
    expect(rollbacks(judgedOften(TIMES, untold, ONLY, 120))).toBeGreaterThan(MOST);
  });

  test('a candidate that is worse by what is tolerated is no worse', () => {
    const tolerated = settings({ rate: { candidate: always(0.06), stable: always(0.01) } });
    const trigger = { ...COMPARISON, tolerance: 500 };
    expect(rollbacks(judgedOften(TIMES, tolerated, { comparison: trigger }, 120))).toBeLessThanOrEqual(MOST);
    expect(rollbacks(judgedOften(10, tolerated, ONLY, 1_000))).toBe(10);
  });

  test.each([
    ['independent', { ...ONLY, errorRate: ERROR_RATE }],
    ['clustered', ONLY],
  ] as const)('an outage that both meet takes nothing back, %s', (users, triggers) => {
    const outage = (_: number, look: number): number => (look > 20 ? 0.2 : 0.001);
    const both = settings({ perLook: 200, users, rate: { candidate: outage, stable: outage } });
    expect(rollbacks(judgedOften(20, both, triggers, 70))).toBe(0);
  });
});

describe('a candidate that fails 20 % of its requests', () => {
  test.each([0, 1_000])('is found within 40 requests and one look, after %i good ones', (good) => {
    const jump = { candidate: (n: number) => (n >= good ? 0.2 : 0.001), stable: always(0.001) };
    const found = judgedOften(60, settings({ perLook: 400, rate: jump }), ONLY, 200);
    const delays = found.map((one) => delayOf(one, good));
    expect(quantile(delays, 0.95)).toBeLessThanOrEqual(40 + 20);
  });

  test('is not found where it was taken back before it was bad', () => {
    expect([60, 140].map((failedAt) => delayOf({ failedAt, looks: 9 }, 100))).toEqual([Infinity, 40]);
  });

  test('is found in the same way each time', () => {
    const bad = settings({ rate: { candidate: always(0.2), stable: always(0.001) } });
    expect(judged(bad, ONLY, 100, 7)).toEqual(judged(bad, ONLY, 100, 7));
  });
});

/** Looks at 5 %, each after so much more than the one before. */
function after(looks: readonly Tally[], share = 500, before?: Comparison): Comparison {
  let now = before;
  for (const look of looks) now = compared(now, look, share, COMPARISON);
  if (now === undefined) throw new Error('no looks');
  return now;
}
const evidenceOf = (now: Comparison): number => against(now, COMPARISON).evidence;
const GOOD: Tally = [20, 0, 380, 1];
const BAD: Tally = [20, 5, 380, 1];

describe('the evidence', () => {
  test('is that of the counts since it began to grow', () => {
    const now = after([...Array.from({ length: 50 }, () => GOOD), BAD, BAD, BAD]);
    expect(evidenceOf(now)).toBeGreaterThan(1_000);
    expect(against(now, COMPARISON).counts).toEqual([60, 15, 1_140, 3]);
  });

  test('falls again when what looked bad was not', () => {
    const doubtful = after([GOOD, [20, 3, 380, 1]]);
    const cleared = after(
      Array.from({ length: 10 }, () => GOOD),
      500,
      doubtful,
    );
    expect(evidenceOf(cleared)).toBeLessThan(evidenceOf(doubtful));
  });

  test('is kept from share to share, and rates of different shares are not mixed', () => {
    const doubtful = after([GOOD, BAD]);
    const next = after([[0, 0, 0, 0]], 2_500, doubtful);
    expect(evidenceOf(next)).toBeGreaterThan(0.99 * evidenceOf(doubtful));
    // All requests fail little at first and much later, when the candidate has most of them: it is as good as stable each time.
    const mixed = after([[4_000, 800, 1_000, 200]], 8_000, after([[100, 0, 1_900, 0]]));
    expect(evidenceOf(mixed)).toBeLessThan(1);
  });

  test('says nothing where stable has no requests, however many fail', () => {
    expect(evidenceOf(after([[500, 500, 0, 0]]))).toBeLessThan(1);
  });

  test('stays finite, and what is remembered of a long deployment small', () => {
    const long = after(Array.from({ length: 5_000 }, (_, i) => (i % 2 === 0 ? GOOD : BAD)));
    expect(Number.isFinite(evidenceOf(long))).toBe(true);
    expect(JSON.stringify(long).length).toBeLessThan(6_000);
    expect(JSON.parse(JSON.stringify(long))).toEqual(long);
  });
});

const PLAN = { ...WATCH_PLAN, triggers: { ...WATCH_PLAN.triggers, comparison: COMPARISON } };
const OF: Judged = { plan: PLAN, candidate: CANDIDATE, stable: STABLE, share: 500, from: 0 };
const both = (at: number, [n, e, m, f]: Tally, epoch = 'e1'): Observation =>
  seen(at, atRisk(counters(CANDIDATE, n, e, 0, epoch)), atRisk(counters(STABLE, m, f, 0, epoch)));
const seenIn = (observations: readonly Observation[], of: Judged): WatchEvidence =>
  observations.reduce<WatchEvidence>((evidence, one) => extended(of, evidence, one), { observations: [] });
const said = (observations: readonly Observation[], more: Partial<Judged> = {}) => {
  const of = { ...OF, ...more };
  return findingsOf(of, seenIn(observations, of)).find(({ trigger }) => trigger === 'comparison');
};
const ZERO = both(0, [0, 0, 0, 0]);

describe('the finding', () => {
  test('counts from the first look on, and across counters that began anew', () => {
    const looks = [
      both(0, [900, 900, 50_000, 0]),
      both(1, [920, 900, 50_380, 1]),
      both(2, [20, 0, 380, 0], 'e2'),
    ];
    expect(seenIn(looks, OF).comparison?.all).toEqual([40, 0, 760, 1]);
  });

  test('passes with enough requests of both, and is inconclusive with fewer', () => {
    expect(said([ZERO])).toMatchObject({ verdict: { kind: 'inconclusive', lacks: 'requests' } });
    expect(said([ZERO, both(1, [19, 0, 500, 0])])).toMatchObject({
      verdict: {
        kind: 'inconclusive',
        reason: expect.stringContaining('19 requests of the candidate, at least 20 are needed') as string,
      },
    });
    expect(said([ZERO, both(1, [500, 0, 19, 0])])?.verdict.kind).toBe('inconclusive');
    expect(said([ZERO, both(1, [20, 0, 20, 0])])?.verdict.kind).toBe('pass');
  });

  test('passes no share at which nobody has told anything of the candidate', () => {
    const known = seenIn([ZERO, both(1, [40, 0, 760, 0])], OF);
    const next = { ...OF, share: 2_500 };
    const after = (requests: number) => {
      const evidence = extended(next, known, both(2, [40 + requests, 0, 900, 0]));
      return findingsOf(next, evidence).find(({ trigger }) => trigger === 'comparison')?.verdict;
    };
    expect(after(0)).toMatchObject({
      ...{ kind: 'inconclusive', lacks: 'requests' },
      reason: expect.stringMatching(/: at this share no request of the candidate/) as string,
    });
    expect(after(1)?.kind).toBe('pass');
  });

  test('fails when the evidence is enough, and says by what', () => {
    expect(said([ZERO, both(1, [40, 12, 760, 1])])).toEqual({
      trigger: 'comparison',
      value: expect.stringMatching(/^12 of 40 against 1 of 760, evidence [\d.e+]+$/) as string,
      limit: '100',
      verdict: {
        kind: 'fail',
        reason: expect.stringMatching(
          /^compared with stable, 12 of 40 against 1 of 760 failed \(evidence [\d.e+]+, limit 100\)$/,
        ) as string,
      },
      measured: { value: expect.any(Number) as number, of: 40 },
    });
  });

  test('is inconclusive when stable is bad too', () => {
    const found = said([ZERO, both(60_000, [400, 400, 7_600, 760])]);
    expect(found?.verdict).toMatchObject({ kind: 'inconclusive' });
    expect(found?.verdict.reason).toMatch(/^both bad: /);
  });

  test.each<[string, Partial<Judged>]>([
    ['the plan does not compare', { plan: WATCH_PLAN }],
    ['all users are with the candidate', { share: 10_000 }],
    ['nobody is with it', { share: 0 }],
    ['the share is not known', { share: undefined }],
    ['there is no stable', { stable: undefined }],
  ] as [string, Partial<Judged>][])('is not there when %s', (_, of) => {
    expect(said([ZERO, both(1, [40, 12, 760, 1])], of)).toBeUndefined();
  });

  const plain = [
    seen(0, counters(CANDIDATE, 0), counters(STABLE, 0)),
    seen(1, counters(CANDIDATE, 40, 40), counters(STABLE, 760)),
  ];

  test('says that nothing is compared where the source has never told users apart', () => {
    expect(said(plain)).toMatchObject({
      value: 'not compared',
      verdict: { kind: 'pass', reason: 'not compared with stable: the source does not tell users apart' },
    });
  });

  test.each<[string, readonly Observation[], Partial<Judged>, string]>([
    [
      'stable is no more told',
      [ZERO, seen(1, atRisk(counters(CANDIDATE, 40)), counters(STABLE, 760))],
      {},
      'in blue',
    ],
    ['stable has no counters', [ZERO, seen(1, atRisk(counters(CANDIDATE, 40)))], {}, 'in blue'],
    [
      'the candidate never was',
      [seen(1, counters(CANDIDATE, 40), atRisk(counters(STABLE, 760)))],
      {},
      'in green',
    ],
    [
      'after enough of both neither is told',
      [ZERO, both(1, [40, 0, 760, 0]), seen(2, counters(CANDIDATE, 80, 40), counters(STABLE, 990))],
      {},
      'in green and in blue',
    ],
    [
      'the query that tells finds nothing',
      plain,
      { plan: { ...PLAN, queries: { requests: 'r', errors: 'e', latency: 'l', atRisk: 'a' } } },
      'in green and in blue',
    ],
  ])('is unavailable when %s', (_, looks, of, where) => {
    expect(said(looks, of)?.verdict).toEqual({
      kind: 'unavailable',
      reason: `not compared with stable: nothing tells users apart ${where}`,
    });
  });

  test('a look without an answer leaves what is known as it is', () => {
    const known = comparing(OF, undefined, [ZERO, both(1, [20, 0, 380, 0])]);
    const silent: Observation = { at: 2, unavailable: 'gone', health: { probes: 0, failures: 0 } };
    expect(comparing(OF, known, [both(1, [20, 0, 380, 0]), silent])).toBe(known);
  });
});
