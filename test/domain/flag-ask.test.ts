import { describe, expect, test } from 'vitest';
import { ruleAsked, type FlagAsk } from '../../src/domain/flag-ask.js';
import { wrongRule, type FlagDeclaration, type FlagRule } from '../../src/domain/flags.js';

const CHECKOUT: FlagDeclaration = { name: 'checkout', variants: { on: true, off: false }, off: 'off' };
const BUTTON: FlagDeclaration = {
  name: 'button',
  variants: { plain: 'Buy', urgent: 'Buy now', calm: 'Put in the cart' },
  off: 'plain',
};
const named = (variant: string, users: readonly string[], groups: readonly string[] = []) => ({
  named: { variant, users, groups },
});

describe('what is asked of a flag', () => {
  const ask = (more: Partial<FlagAsk>): FlagAsk => ({
    on: false,
    shares: [],
    users: [],
    groups: [],
    ...more,
  });
  test.each<[string, FlagDeclaration, Partial<FlagAsk>, FlagRule | string]>([
    ['everybody', CHECKOUT, { on: true }, { shares: { on: 10_000 } }],
    ['a share', CHECKOUT, { shares: [{ share: 2_000 }] }, { shares: { on: 2_000 } }],
    ['people', CHECKOUT, { users: ['ann'] }, { ...named('on', ['ann']), shares: {} }],
    [
      'people of one variant, shares of several',
      BUTTON,
      { users: ['ann'], variant: 'calm', shares: [{ share: 100 }, { variant: 'urgent', share: 200 }] },
      { ...named('calm', ['ann']), shares: { calm: 100, urgent: 200 } },
    ],
    [
      'one of several',
      BUTTON,
      { on: true },
      'button has several variants, and which one is not said: urgent, calm',
    ],
    [
      'people',
      BUTTON,
      { groups: ['x'] },
      'button has several variants, and which one is not said: urgent, calm',
    ],
    ['unknown', BUTTON, { on: true, variant: 'x' }, 'button has no variant "x", only plain, urgent, calm'],
    [
      'inherited',
      BUTTON,
      { on: true, variant: 'toString' },
      'button has no variant "toString", only plain, urgent, calm',
    ],
    [
      'the default',
      CHECKOUT,
      { on: true, variant: 'off' },
      'off is what checkout is while it is off: whoever has no other variant has it',
    ],
    [
      'too much',
      BUTTON,
      {
        shares: [
          { variant: 'calm', share: 6_000 },
          { variant: 'urgent', share: 4_001 },
        ],
      },
      'the shares are 100.01% together',
    ],
    [
      'a variant for nobody',
      BUTTON,
      { variant: 'nonsense', shares: [{ variant: 'urgent', share: 1 }] },
      'nobody is to have nonsense: no user or group is named, and each share names its variant itself',
    ],
    ['twice', CHECKOUT, { shares: [{ share: 1 }, { variant: 'on', share: 2 }] }, 'on has two shares'],
  ])('%s', (_, declaration, asked, expected) => {
    expect(ruleAsked(declaration, ask(asked))).toEqual(expected);
  });

  test('the same is wrong whoever asks', () => {
    expect(wrongRule(CHECKOUT, { ...named('x', ['ann']), shares: {} })).toContain('no variant "x"');
    expect(wrongRule(CHECKOUT, { shares: { on: 10_000 } })).toBeUndefined();
  });
});
