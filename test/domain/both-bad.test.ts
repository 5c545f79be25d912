import { describe, expect, test } from 'vitest';
import { HEALTH_CHECK_FAILURES, RESPONSE_TIME, judgedOften } from '../../bench/judged.js';
import type { Rate, Simulation } from '../../bench/simulated-users.js';
import { judge, verdictOf } from '../../src/domain/judgement.js';
import { probed } from '../../src/domain/probed.js';
import { kept, watchLoop } from '../../src/domain/watch-loop.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { EVIDENCE_LIMIT, type Observation } from '../../src/domain/watching.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen, simulated, watchInput } from '../support/watching.js';

const verdict = (observations: readonly Observation[]) =>
  verdictOf(judge(WATCH_PLAN, observations, CANDIDATE, STABLE));

describe('health checks, beside those of stable', () => {
  type Probes = readonly [ours: readonly [number, number], theirs?: readonly [number, number]];
  const WELL: Probes = [
    [1, 0],
    [1, 0],
  ];
  const ALONE: Probes = [
    [1, 1],
    [1, 0],
  ];
  const BOTH: Probes = [
    [1, 1],
    [1, 1],
  ];
  const looks = (all: readonly Probes[]): readonly Observation[] =>
    all.map(([[probes, failures], theirs], i) => ({
      ...seen(i * 10_000, counters(CANDIDATE, i * 1_000), counters(STABLE, i * 1_000)),
      health: { probes, failures },
      ...(theirs === undefined ? {} : { stableHealth: { probes: theirs[0], failures: theirs[1] } }),
    }));
  const times = (n: number, ...look: Probes): readonly Probes[] => Array.from({ length: n }, () => look);

  test.each<[string, string, readonly Probes[]]>([
    ['inconclusive', 'both fail', times(3, ...BOTH)],
    ['fail', 'stable is well', times(3, ...ALONE)],
    ['fail', 'nothing is known of stable', times(3, [1, 1])],
    ['pass', 'stable alone is not well', [WELL, ...times(5, [1, 0], [1, 1])]],
    ['pass', 'fewer than the limit', [WELL, ...times(2, ...BOTH)]],
    [
      'inconclusive',
      'all of stable now, and not before',
      [
        ...times(4, ...ALONE),
        [
          [1, 1],
          [2, 2],
        ],
      ],
    ],
    [
      'fail',
      'a part of stable now, and not before',
      [
        ...times(2, ...ALONE),
        [
          [1, 1],
          [2, 1],
        ],
      ],
    ],
    ['inconclusive', 'one of four of stable’s', times(3, [1, 1], [4, 1])],
    ['fail', 'one of many of stable’s, however long', times(12, [1, 1], [10, 1])],
    [
      'inconclusive',
      'an outage that is over, of many instances and one',
      [
        [
          [3, 3],
          [1, 1],
        ],
        ...times(3, [3, 0], [1, 0]),
      ],
    ],
    [
      'fail',
      'an outage of both that was before the window',
      [...times(2, ...BOTH), ...times(11, ...WELL), ...times(3, ...ALONE)],
    ],
    ['fail', 'more often than in an outage of both', [BOTH, ...times(5, ...ALONE)]],
  ])('%s: %s', (kind, _name, all) => {
    expect(verdict(looks(all)).kind).toBe(kind);
  });

  test('are said and measured with those of stable', () => {
    const found = judge(WATCH_PLAN, looks(times(3, [2, 2], [1, 1])), CANDIDATE, STABLE);
    expect(found.find(({ trigger }) => trigger === 'health_check_failures')).toMatchObject({
      verdict: {
        kind: 'inconclusive',
        reason: 'both bad: health checks failed 6 of 6 (limit 3), and stable is beyond the limit too',
      },
      measured: { of: 6, value: 6, stable: 3 },
    });
  });
});

describe('response times that grow for both', () => {
  // Stable has had its users for five minutes, the candidate some since a moment ago.
  const before = [
    seen(0, counters(CANDIDATE, 0), counters(STABLE, 0)),
    seen(300_000, counters(CANDIDATE, 20), counters(STABLE, 10_000)),
  ];
  const now = (requests: number, slow: number): Observation =>
    seen(310_000, counters(CANDIDATE, 120, 0, 50), counters(STABLE, 10_000 + requests, 0, slow));
  test.each([
    ['inconclusive', 'stable is slow now', now(200, 100)],
    ['fail', 'stable is not', now(200, 4)],
    ['fail', 'stable has too few requests to tell', now(50, 50)],
  ])('%s: %s', (kind, _name, look) => {
    expect(verdict([...before, look]).kind).toBe(kind);
  });
});

test('health checks that fail of both wait for their end and take nothing back; those of the candidate alone do', async () => {
  const outage = (stable: boolean) => (at: number) => {
    const failed = at >= 20_000 && at < 80_000;
    return {
      ...seen(at, counters(CANDIDATE, at / 100), counters(STABLE, at / 100)),
      health: { probes: 1, failures: Number(failed) },
      stableHealth: { probes: 2, failures: failed && stable ? 2 : 0 },
    };
  };
  const both = simulated(outage(true));
  const { verdict } = await watchLoop(watchInput({ until: 60_000 }), both.world);
  // From then on only two of the failures are in the window.
  expect([verdict.kind, both.now()]).toEqual(['pass', 170_000]);
  const alone = simulated(outage(false));
  const found = await watchLoop(watchInput({ until: 60_000 }), alone.world);
  expect([found.verdict.kind, alone.now()]).toEqual(['fail', 40_000]);
});

test('a look that is left out takes nothing away that stable’s probes said', () => {
  const looks = Array.from({ length: EVIDENCE_LIMIT + 5 }, (_, i) => ({
    ...seen(i * 1_000, counters(CANDIDATE, i)),
    ...(i % 3 === 0 ? {} : { stableHealth: { probes: 3, failures: 1 } }),
  }));
  const left = looks.reduce<readonly Observation[]>(
    (before, look) => kept(WATCH_PLAN, [...before, look]),
    [],
  );
  expect(left).toHaveLength(EVIDENCE_LIMIT);
  const said = (of: readonly Observation[]) => probed(of.flatMap(({ stableHealth }) => stableHealth ?? []));
  expect(said(left)).toEqual(said(looks));
});

const USUAL: Rate = () => 0.001;
const outage =
  (part: number): Rate =>
  (_, look) =>
    look > 35 && look <= 45 ? part : 0.001;
/** Half of the users have just come to the candidate when what both need becomes slow, and is soon back. */
const settings = (strain: Simulation['rate']): Omit<Simulation, 'random'> => ({
  ...{ perLook: 100, share: (look) => (look < 35 ? 500 : 5_000), users: 'independent' },
  ...{ rate: { candidate: USUAL, stable: USUAL }, strain },
});
const rollbacks = (strain: Simulation['rate'], triggers: Triggers): number =>
  judgedOften(20, settings(strain), triggers, 90).filter(({ failedAt }) => failedAt !== undefined).length;

test.each<[string, Triggers, number]>([
  ['response times', { responseTime: RESPONSE_TIME }, 0.9],
  ['health checks', { healthCheckFailures: HEALTH_CHECK_FAILURES }, 0.5],
])('%s that are bad of both take nothing back, and those of the candidate alone do', (_, triggers, part) => {
  const bad = outage(part);
  expect(rollbacks({ candidate: bad, stable: bad }, triggers)).toBe(0);
  expect(rollbacks({ candidate: bad, stable: USUAL }, triggers)).toBeGreaterThan(15);
});
