import { beforeEach, describe, expect, test } from 'vitest';
import type { FlagDeclaration } from '../../src/domain/flags.js';
import type { FlagStore } from '../../src/domain/ports.js';

export interface FlagsHarness {
  readonly flags: FlagStore;
  /** Makes the release of this version live, which declares these. */
  readonly live: (n: number, version: string, flags: readonly FlagDeclaration[]) => Promise<void>;
  /** The same flags, seen by another worker. */
  readonly other: FlagStore;
}

const never = new AbortController().signal;
const SHOP = { service: 'shop', environment: 'production' };
const CHECKOUT: FlagDeclaration = {
  ...{ name: 'checkout', description: 'on one page', off: 'off' },
  variants: { on: true, off: false },
};
const BUTTON: FlagDeclaration = {
  name: 'button',
  variants: { plain: 'Buy', json: { a: [1] } },
  off: 'plain',
};
const RULE = { named: { variant: 'on', users: ['ann "✓"'], groups: [] }, shares: { on: 2_000 } };

/** What every store of flags promises. `make` gives one in which the target of these tests has none. */
export function flagsContract(name: string, make: () => Promise<FlagsHarness>): void {
  describe(`${name}: flags`, () => {
    let h: FlagsHarness;
    beforeEach(async () => {
      h = await make();
    });
    const declare = (version: string, ...flags: FlagDeclaration[]) =>
      h.flags.declare(SHOP, { version, flags }, never);
    const set = (flag: object = {}) => h.flags.set(SHOP, { name: 'checkout', by: 'ann', ...flag }, never);
    const list = () => h.other.list(SHOP, never);

    test('what is declared is off, by name, and of its target alone', async () => {
      expect(await list()).toEqual([]);
      await declare('v1', CHECKOUT, BUTTON);
      expect(await list()).toEqual([
        { declaration: BUTTON, version: 'v1' },
        { declaration: CHECKOUT, version: 'v1' },
      ]);
      for (const elsewhere of [{ environment: 'staging' }, { service: 'blog' }])
        expect(await h.flags.list({ ...SHOP, ...elsewhere }, never)).toEqual([]);
    });

    test('what is set is set for all, until it is set otherwise; twice is once', async () => {
      await declare('v1', CHECKOUT);
      for (let twice = 0; twice < 2; twice++) await set({ rule: RULE });
      const [flag] = await list();
      expect(flag).toMatchObject({ declaration: CHECKOUT, rule: RULE, set: { by: 'ann' } });
      expect(Math.abs(Date.parse(flag?.set?.at ?? '') - Date.now())).toBeLessThan(60_000);
      await set({ by: 'bob' });
      expect(await list()).toEqual([
        { declaration: CHECKOUT, version: 'v1', set: { by: 'bob', at: expect.any(String) as string } },
      ]);
    });

    test('a release declares its own: what was set stays, and so does what it does not declare', async () => {
      await declare('v1', CHECKOUT, BUTTON);
      await set({ rule: RULE });
      const { description: _, ...plain } = CHECKOUT;
      await declare('v2', plain);
      expect(await list()).toMatchObject([
        { declaration: BUTTON, version: 'v1' },
        { declaration: plain, version: 'v2', rule: RULE },
      ]);
      expect((await list())[1]?.declaration).toEqual(plain);
      await declare('v3');
      expect(await list()).toHaveLength(2);
    });

    test('every change is another revision, and looking is none', async () => {
      const seen = [await h.other.revision(never)];
      const see = async (): Promise<void> => void seen.push(await h.other.revision(never));
      await declare('v1', CHECKOUT);
      await see();
      await set({ rule: RULE });
      await see();
      await set();
      await see();
      expect(new Set(seen).size).toBe(seen.length);
      await list();
      expect(await h.flags.revision(never)).toBe(seen.at(-1));
    });

    test('what the live release declares is served until another is live; what only a new one declares at once', async () => {
      const other = { ...CHECKOUT, variants: { on: 1, off: 0, more: 2 } };
      const fresh = { ...CHECKOUT, name: 'fresh' };
      await declare('v1', CHECKOUT, BUTTON);
      await h.live(1, 'v1', [CHECKOUT, BUTTON]);
      await declare('v2', other, fresh);
      const before = [
        { declaration: BUTTON, version: 'v1' },
        { declaration: CHECKOUT, version: 'v1' },
        { declaration: fresh, version: 'v2' },
      ];
      expect(await list()).toEqual(before);
      await h.live(2, 'v2', [other, fresh]);
      expect((await list())[1]).toEqual({ declaration: other, version: 'v2' });
      await h.live(1, 'v1', [CHECKOUT, BUTTON]);
      expect(await list()).toEqual(before);
    });

    test('what nobody has declared is unknown; an abort is heeded', async () => {
      await declare('v1', CHECKOUT);
      for (const name of ['chekcout', 'Checkout', ''])
        await expect(set({ name })).rejects.toMatchObject({ type: 'flag.unknown' });
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      await expect(h.flags.list(SHOP, stop.signal)).rejects.toThrow('enough');
    });
  });
}
