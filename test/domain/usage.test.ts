import { describe, expect, test } from 'vitest';
import { using, type InstanceUsage, type Usage, type UsageEvidence } from '../../src/domain/usage.js';
import { usageFindings } from '../../src/domain/usage-judgement.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { MiB, answered, one } from '../support/used.js';
import { CANDIDATE, STABLE, WATCH_PLAN } from '../support/watching.js';

const STEP_MS = 10_000;
const CPU: Triggers = { cpu: { threshold: 9_000, windowMs: 30_000 } };
const MEMORY: Triggers = { memory: { threshold: 100 * MiB, windowMs: 30_000 } };

const finding = (triggers: Triggers, looks: readonly (Usage | undefined)[], stable = true) => {
  const evidence = looks.reduce<UsageEvidence | undefined>((e, look) => using(triggers, e, look), undefined);
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
    ['fail', 'stable has a peak', long, [...long.slice(1).map(() => low), high]],
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
    expect(finding(triggers, looked(['away']))?.verdict.reason).toBe(
      `${used} could not be measured: no answer`,
    );
    expect(finding(triggers, looked(['not asked']))?.verdict.reason).toBe(
      `${used} could not be measured: it was not asked for`,
    );
  });
});

test('an instance that was started anew begins anew; a counter that fell does not tell', () => {
  const anew = (looks: readonly InstanceUsage[]) =>
    finding(
      CPU,
      looks.map((now, i) => answered(i * STEP_MS, [now])),
    );
  const busy = [0, 10, 20, 30, 40, 50].map((s) => one(s * 1_000, 0));
  expect(anew(busy)?.verdict.kind).toBe('fail');
  const restarted = anew([...busy, one(9_000, 0, 'a', 'again')]);
  expect(restarted).toMatchObject({
    value: 'not known',
    measured: { of: 1 },
    verdict: { kind: 'inconclusive' },
  });
  // A process of it has ended, and what it had used is in no sum any more.
  const fell = anew([...busy, one(20_000, 0)]);
  expect(fell?.verdict.kind).toBe('inconclusive');
  expect(anew([...busy, one(20_000, 0), one(30_000, 0)])?.verdict.kind).toBe('fail');
  expect(anew([one(0, 0), one(9_000, 0)])).toMatchObject({ value: '90 %', verdict: { kind: 'pass' } });
});

test('several processors are more than 100 %', () => {
  const looks = [0, 25_000].map((cpuMs, i) => answered(i * STEP_MS, [one(cpuMs, 0)]));
  expect(finding({ cpu: { threshold: 30_000, windowMs: 30_000 } }, looks)).toMatchObject({
    ...{ value: '250 %', limit: '300 %', measured: { value: 2.5 } },
  });
});
