import { describe, expect, test } from 'vitest';
import { usageAfter, type InstanceUsage, type Usage, type UsageEvidence } from '../../src/domain/usage.js';
import { usageFindings } from '../../src/domain/usage-judgement.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { MiB, answered, one } from '../support/used.js';
import { CANDIDATE, STABLE, WATCH_PLAN } from '../support/watching.js';

const STEP_MS = 10_000;
const CPU: Triggers = { cpu: { threshold: 9_000, windowMs: 30_000 } };
const MEMORY: Triggers = { memory: { threshold: 100 * MiB, windowMs: 30_000 } };

const finding = (triggers: Triggers, looks: readonly (Usage | undefined)[], stable = true) => {
  const evidence = looks.reduce<UsageEvidence | undefined>(
    (e, look) => usageAfter(triggers, e, look),
    undefined,
  );
  const watched = {
    plan: { ...WATCH_PLAN, triggers },
    candidate: CANDIDATE,
    ...(stable && { stable: STABLE }),
  };
  return usageFindings(watched, evidence)[0];
};

/** A look every ten seconds: what each instance uses of a hundred, which is both per cent of a processor since the look before and MiB. */
type Looks = readonly (number | readonly number[] | 'away' | 'not asked')[];
function looked(ours: Looks, theirs: Looks = []): readonly (Usage | undefined)[] {
  const used = new Map<string, number>();
  const instances = (look: Looks[number] | undefined, slot: string): readonly InstanceUsage[] =>
    [look ?? []].flat().flatMap((part, i) => {
      if (typeof part === 'string') return [];
      const id = `${slot}-${String(i)}`;
      used.set(id, (used.get(id) ?? 0) + (part / 100) * STEP_MS);
      return [one(used.get(id) ?? 0, part * MiB, id)];
    });
  return ours.map((look, i) => {
    const at = i * STEP_MS;
    if (look === 'not asked') return undefined;
    if (look === 'away') {
      // What is used meanwhile is used all the same.
      for (const id of used.keys()) used.set(id, (used.get(id) ?? 0) + STEP_MS);
      return { unavailable: 'no answer' };
    }
    return answered(at, instances(look, 'green'), instances(theirs[i], 'blue'));
  });
}

describe.each([
  ['cpu', CPU, '99 %', '90 %'],
  ['memory', MEMORY, '101.0 MiB', '100Mi'],
] as const)('%s', (used, triggers, value, limit) => {
  const [high, at, low] = used === 'cpu' ? [99, 90, 10] : [101, 100, 10];
  const long = Array<number>(6).fill(high);

  test.each<[string, string, Looks, Looks?]>([
    ['pass', 'below', [low, low, low]],
    ['pass', 'exactly at the limit', [at, at, at, at, at, at]],
    ['fail', 'above through the whole window', long],
    ['inconclusive', 'above, and not for the whole window yet', long.slice(0, 3)],
    ['inconclusive', 'a peak that may become a breach', [low, low, low, low, high]],
    ['pass', 'a peak that is over', [low, high, high, high, low]],
    ['inconclusive', 'one look below it begins anew', [high, high, low, high, high, high]],
    [
      'pass',
      'instances that take turns, each below now',
      [
        [low, low],
        [high, low],
        [low, high],
        [low, low],
      ],
    ],
    [
      'inconclusive',
      'instances that take turns',
      [
        [low, low],
        ...[1, 2, 3].flatMap(() => [
          [high, low],
          [low, high],
        ]),
      ],
    ],
    ['fail', 'one of two', long.map((v) => [low, v])],
    ['inconclusive', 'no instance', [low, low, []]],
    ['unavailable', 'no answer now', [...long.slice(0, 5), 'away']],
    ['fail', 'no answer once, and above before and after it', [...long, 'away', high, high]],
    [
      'inconclusive',
      'as many looks without an answer as with one, and more',
      [high, 'away', 'away', high, 'away', 'away', high],
    ],
    [
      'inconclusive',
      'no answer for longer than the window',
      [...long.slice(0, 4), 'away', 'away', 'away', 'away', high],
    ],
    ['inconclusive', 'stable is above as well, for a little less long', long, [low, low, ...long.slice(2)]],
    ['fail', 'stable has a peak', long, [low, low, low, low, low, high]],
    ['fail', 'stable is above for a third of the window', long, [low, low, low, low, high, high]],
    ['inconclusive', 'stable was above, and is below first', long, [low, low, high, high, high, low]],
    ['inconclusive', 'stable was above until it was gone', long, [low, low, high, high, high, []]],
    [
      'fail',
      'stable was above, and not for half of the window until now',
      [...long, high],
      [low, high, high, high, low, low, low],
    ],
    ['fail', 'stable has no instance', long, []],
    ['unavailable', 'looks that did not ask for it', ['not asked', 'not asked']],
  ])('%s: %s', (kind, _, ours, theirs) => {
    expect(finding(triggers, looked(ours, theirs))?.verdict.kind).toBe(kind);
  });

  test('says what is seen, its limit and stable, in words and in numbers', () => {
    const stable = Array<number>(6).fill(low);
    expect(
      finding(
        triggers,
        looked(
          long.map((v) => [low, v]),
          stable,
        ),
      ),
    ).toEqual({
      ...{ trigger: used, value, limit },
      verdict: { kind: 'fail', reason: `${used} ${value} (limit ${limit}), at every look of 30s` },
      measured:
        used === 'cpu' ? { value: 0.99, of: 2, stable: 0.1 } : { value: 101 * MiB, of: 2, stable: 10 * MiB },
    });
    const young = finding(triggers, looked([low, low, high, high]), false);
    expect(young?.verdict.reason).toBe(
      `${used} ${value} (limit ${limit}): for 10 s until now, and only 30s are a breach`,
    );
    const thin = finding(triggers, looked([low, high, 'away', 'away', high, 'away', 'away', high]), false);
    expect(thin?.verdict.reason).toMatch(/: at 3 of 7 looks, which are too few with a value$/);
    expect(finding(triggers, looked(['away']))?.verdict.reason).toBe(
      `${used} could not be measured: no answer`,
    );
    expect(finding(triggers, looked(['not asked']))?.verdict.reason).toBe(
      `${used} could not be measured: it was not asked for`,
    );
  });
});

describe('a look', () => {
  const looks = (...of: readonly (readonly [at: number, now: InstanceUsage])[]) =>
    finding(
      CPU,
      of.map(([at, now]) => answered(at, [now])),
    );
  const busy = [0, 10, 20, 30, 40, 50].map((s) => [s * 1_000, one(s * 1_000, 0)] as const);

  test.each<[string, string, number, InstanceUsage]>([
    ['an instance that was started anew', 'looked at only once', 60_000, one(60_000, 0, 'a', 'again')],
    ['an instance that is new', 'looked at only once', 60_000, one(60_000, 0, 'b')],
    ['a counter that fell', 'time of an instance fell', 60_000, one(20_000, 0)],
    ['the instant of the look before', 'not measured again', 50_000, one(59_000, 0)],
    ['an instant before it', 'not measured again', 49_000, one(59_000, 0)],
    ['one so late that a whole window is between', 'was 31 s ago', 81_000, one(81_000, 0)],
  ])('that finds %s does not tell', (_, why, at, now) => {
    const { value, measured, verdict } = looks(...busy, [at, now]) ?? {};
    expect([value, measured, verdict?.kind]).toEqual(['not known', { of: 1 }, 'inconclusive']);
    expect(verdict?.reason).toContain(why);
  });

  test('that does not tell ends no breach', () => {
    expect(looks(...busy)?.verdict.kind).toBe('fail');
    expect(looks(...busy, [60_000, one(20_000, 0)], [70_000, one(30_000, 0)])?.verdict.kind).toBe('fail');
  });

  test('of what is above its limit by a little reads above it, and below it below', () => {
    const wide = { cpu: { threshold: 9_000, windowMs: 200_000 } };
    const points = (cpuMs: number) =>
      finding(wide, [answered(0, [one(0, 0)]), answered(100_000, [one(cpuMs, 0)])]);
    expect([90_040, 90_000, 89_960].map((ms) => points(ms)?.value)).toEqual(['90.1 %', '90 %', '89.9 %']);
    const bytes = (more: number) => finding(MEMORY, [answered(0, [one(0, 100 * MiB + more)])])?.value;
    expect([1, 0, -1].map(bytes)).toEqual(['100.1 MiB', '100.0 MiB', '99.9 MiB']);
  });
});

test('several processors are more than 100 %', () => {
  const looks = [0, 25_000].map((cpuMs, i) => answered(i * STEP_MS, [one(cpuMs, 0)]));
  expect(finding({ cpu: { threshold: 30_000, windowMs: 30_000 } }, looks)).toMatchObject({
    ...{ value: '250 %', limit: '300 %', measured: { value: 2.5 } },
  });
});
