import { FlagdCore, MemoryStorage } from '@openfeature/flagd-core';
import { describe, expect, test } from 'vitest';
import {
  definitionOf,
  flagSetText,
  flagsText,
  ruleText,
  visibleFrom,
  type FlagDeclaration,
  type FlagRule,
} from '../../src/domain/flags.js';

const CHECKOUT: FlagDeclaration = { name: 'checkout', variants: { on: true, off: false }, off: 'off' };
const BUTTON: FlagDeclaration = {
  name: 'button',
  variants: { plain: 'Buy', urgent: 'Buy now', calm: 'Put in the cart' },
  off: 'plain',
};
const named = (variant: string, users: readonly string[], groups: readonly string[] = []) => ({
  named: { variant, users, groups },
});
const USERS = Array.from({ length: 2_000 }, (_, i) => `user-${String(i)}`);
const quiet = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** What flagd's own evaluator makes of a flag for somebody, read by its strict schema. */
function evaluated(declaration: FlagDeclaration, rule: FlagRule | undefined) {
  const storage = new MemoryStorage(quiet);
  const state = { declaration, version: 'v1', ...(rule && { rule }) };
  storage.setConfigurations(flagSetText({ service: 'shop', environment: 'production' }, [state]), true);
  const core = new FlagdCore(storage, quiet);
  return (targetingKey: string | undefined, groups?: readonly string[]) =>
    core.resolve(declaration.off === 'off' ? 'boolean' : 'string', declaration.name, 'unknown', {
      ...(targetingKey === undefined ? {} : { targetingKey }),
      ...(groups === undefined ? {} : { groups: [...groups] }),
    });
}
function having(declaration: FlagDeclaration, rule: FlagRule, variant: string): ReadonlySet<string> {
  const of = evaluated(declaration, rule);
  return new Set(USERS.filter((user) => of(user).variant === variant));
}

describe('in flagd’s form', () => {
  test.each([
    ['off', CHECKOUT, undefined, { defaultVariant: 'off' }],
    ['on for everybody', CHECKOUT, { shares: { on: 10_000 } }, { defaultVariant: 'on' }],
    [
      'on for a share',
      CHECKOUT,
      { shares: { on: 2_000 } },
      {
        defaultVariant: 'off',
        targeting: {
          fractional: [
            ['on', 2_000],
            ['off', 8_000],
          ],
        },
      },
    ],
    [
      'several variants, in the order of their declaration',
      BUTTON,
      { shares: { calm: 5_000, urgent: 5_000 } },
      {
        defaultVariant: 'plain',
        targeting: {
          fractional: [
            ['urgent', 5_000],
            ['calm', 5_000],
          ],
        },
      },
    ],
    [
      'people, and a share of the others',
      CHECKOUT,
      { ...named('on', ['ann'], ['staff']), shares: { on: 1 } },
      {
        defaultVariant: 'off',
        targeting: {
          if: [
            {
              or: [
                { in: [{ var: 'targetingKey' }, ['ann']] },
                { some: [{ var: 'groups' }, { in: [{ var: '' }, ['staff']] }] },
              ],
            },
            'on',
            {
              fractional: [
                ['on', 1],
                ['off', 9_999],
              ],
            },
          ],
        },
      },
    ],
    [
      'a rule for variants that a release has no more',
      CHECKOUT,
      { ...named('urgent', ['ann']), shares: { urgent: 10_000, constructor: 1 } },
      { defaultVariant: 'off' },
    ],
  ])('%s', (_, declaration, rule, expected) => {
    const { variants } = declaration;
    expect(definitionOf({ declaration, ...(rule && { rule }) })).toEqual({
      ...{ state: 'ENABLED', variants },
      ...expected,
    });
  });

  test('a share is of the users, within what chance allows, and a greater one only adds users', () => {
    let before: ReadonlySet<string> = new Set();
    for (const share of [100, 500, 2_000, 5_000, 9_900]) {
      const now = having(CHECKOUT, { shares: { on: share } }, 'on');
      const deviation = Math.sqrt(USERS.length * (share / 10_000) * (1 - share / 10_000));
      expect(Math.abs(now.size - (USERS.length * share) / 10_000)).toBeLessThan(4 * deviation);
      for (const user of before) expect(now).toContain(user);
      before = now;
    }
  });

  test('two variants have users of their own, and the rest has neither', () => {
    const rule = { shares: { urgent: 3_000, calm: 3_000 } };
    const [urgent, calm, plain] = ['urgent', 'calm', 'plain'].map((v) => having(BUTTON, rule, v).size);
    expect((urgent ?? 0) + (calm ?? 0) + (plain ?? 0)).toBe(USERS.length);
    for (const size of [urgent, calm]) expect(Math.abs((size ?? 0) - 600)).toBeLessThan(90);
  });

  test('another flag has other users', () => {
    const rule = { shares: { on: 5_000 } };
    const of = evaluated({ ...CHECKOUT, name: 'search' }, rule);
    const both = [...having(CHECKOUT, rule, 'on')].filter((user) => of(user).variant === 'on').length;
    expect(Math.abs(both - USERS.length / 4)).toBeLessThan(100);
  });

  test.each([
    ['a named user', 'ann', undefined, true],
    ['somebody of a named group', 'bob', ['beta', 'staff'], true],
    ['somebody of others', 'bob', ['beta'], false],
    ['somebody of none', 'bob', undefined, false],
    ['nobody in particular', undefined, undefined, false],
    ['whose group only begins like it', 'bob', ['staff-of-others'], false],
  ])('%s', (_, user, groups, value) => {
    const of = evaluated(CHECKOUT, { ...named('on', ['ann'], ['staff']), shares: {} });
    expect(of(user, groups)).toMatchObject({ value, variant: value ? 'on' : 'off' });
  });

  test('on for everybody is also on for who has no name, and of a share those have none', () => {
    expect(evaluated(CHECKOUT, { shares: { on: 10_000 } })(undefined).value).toBe(true);
    expect(evaluated(CHECKOUT, { shares: { on: 9_999 } })(undefined).value).toBe(false);
  });

  test('names that mean something elsewhere are names', () => {
    const strange = ['__proto__', 'constructor', '"', '\\', '{"var":"x"}', '✓'];
    const of = evaluated(CHECKOUT, { ...named('on', strange), shares: {} });
    for (const user of strange) expect([user, of(user).value]).toEqual([user, true]);
    expect(of('toString').value).toBe(false);
  });
});

test.each([
  [CHECKOUT, undefined, 'off'],
  [CHECKOUT, { shares: { on: 10_000 } }, 'on'],
  [CHECKOUT, { shares: { on: 2_050 } }, '20.5% on, else off'],
  [BUTTON, { shares: { urgent: 5_000, calm: 5_000 } }, '50% urgent, 50% calm'],
  [CHECKOUT, { ...named('on', ['ann', 'bob']), shares: {} }, 'users ann, bob: on; others: off'],
  [
    BUTTON,
    { ...named('calm', ['ann'], ['staff']), shares: { urgent: 100 } },
    'users ann; groups staff: calm; others: 1% urgent, else plain',
  ],
])('in words: %s %s', (declaration, rule, words) => {
  expect(ruleText({ declaration, ...(rule && { rule }) })).toBe(words);
});

test('what is declared, in words', () => {
  expect(flagsText([BUTTON, CHECKOUT])).toBe('button (plain, urgent, calm); checkout (off, on)');
});

test.each([
  [[500, 2_500, 10_000], 499, 500],
  [[500, 2_500, 10_000], 500, 2_500],
  [[500, 2_500, 10_000], 2_500, 10_000],
  [[500, 2_500, 10_000], 10_000, undefined],
  [[10_000], 0, 10_000],
])('of the shares %j a limit of %d sees a flag that fails everybody from %s on', (steps, threshold, from) => {
  expect(visibleFrom(steps, threshold)).toBe(from);
});
