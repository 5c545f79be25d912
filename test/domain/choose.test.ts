import { describe, expect, test } from 'vitest';
import { FACTORS, WRITTEN, choose, nextToAsk, type Factor, type Known } from '../../src/domain/choose.js';
import { problemsOf, service } from '../config/texts.js';

const ZERO: Known = { 'zero-downtime': 'yes' };
const SOME: Known = { 'zero-downtime': 'no' };

describe('the decision matrix', () => {
  test.each<[Known, string]>([
    [{ ...ZERO, traffic: 'high' }, 'blue_green'],
    [{ ...ZERO, traffic: 'medium' }, 'rolling'],
    [{ ...ZERO, traffic: 'low' }, 'canary'],
    [{ ...SOME, complexity: 'simple' }, 'in_place'],
    [{ ...SOME, complexity: 'complex' }, 'blue_green'],
    [{ focus: 'users' }, 'canary'],
    [{ focus: 'features' }, 'feature_flag'],
    [{ focus: 'performance' }, 'blue_green'],
    [{ focus: 'users', ...SOME, complexity: 'simple' }, 'canary'],
    [{ focus: 'none', ...ZERO, traffic: 'medium' }, 'rolling'],
    [{ ...ZERO, traffic: 'medium', complexity: 'simple' }, 'rolling'],
  ])('%o → %s', (known, strategy) => {
    expect(choose(known)?.strategy).toBe(strategy);
    expect(nextToAsk(known)).toBeUndefined();
  });

  test.each<[Known, Factor]>([
    [{}, 'zero-downtime'],
    [{ focus: 'none' }, 'zero-downtime'],
    [ZERO, 'traffic'],
    [{ ...ZERO, complexity: 'simple' }, 'traffic'],
    [SOME, 'complexity'],
    [{ ...SOME, traffic: 'high', spare: 'yes' }, 'complexity'],
  ])('%o is too little: it asks for %s', (known, factor) => {
    expect(choose(known)).toBeUndefined();
    expect(nextToAsk(known)).toBe(factor);
  });

  test('answers whatever is said of all factors, and never without a reason', () => {
    const all = Object.entries(FACTORS).reduce<Record<string, string>[]>(
      (some, [factor, { answers }]) =>
        some.flatMap((one) => Object.keys(answers).map((answer) => ({ ...one, [factor]: answer }))),
      [{}],
    );
    expect(all).toHaveLength(2 * 3 * 2 * 4 * 2 * 2);
    for (const known of all) expect(choose(known)?.because).toMatch(/\w/);
  });
});

test.each<[Known, readonly RegExp[]]>([
  [{ ...ZERO, traffic: 'high', spare: 'yes', 'way-back': 'seconds' }, []],
  [{ ...ZERO, traffic: 'high', spare: 'no' }, [/^blue_green .*: rolling needs none/]],
  [{ ...SOME, complexity: 'complex', spare: 'no' }, [/: in_place needs none$/]],
  [{ focus: 'users', spare: 'no' }, [/^canary .*: rolling needs none/]],
  [{ ...ZERO, traffic: 'medium', spare: 'no', 'way-back': 'minutes' }, []],
  [{ ...ZERO, traffic: 'medium', 'way-back': 'seconds' }, [/^on the way back of rolling .*blue_green/]],
  [{ ...SOME, complexity: 'simple', 'way-back': 'seconds' }, [/^on the way back of in_place /]],
])('what speaks against it is said: %o', (known, minded) => {
  const { mind = [] } = choose(known) ?? {};
  expect(mind).toHaveLength(minded.length);
  for (const [i, text] of minded.entries()) expect(mind[i]).toMatch(text);
});

test.each(Object.entries(WRITTEN))('what it says to write for %s is a valid configuration', (_, written) => {
  const below = service('  strategy: canary', written.map((line) => `  ${line}`).join('\n'));
  expect(problemsOf(`${below}flags: { flag-of-yours: }\n`.replace('NAME', 'flag-of-yours'))).toBe('');
});
