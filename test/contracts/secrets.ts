import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SecretVault } from '../../src/domain/ports.js';

export interface SecretsHarness {
  readonly vault: SecretVault;
  /** The same secrets, seen by another worker. */
  readonly other: SecretVault;
  /** A value as whoever sets it sends it. */
  seal(path: string, value: string): Promise<string>;
  end(): Promise<void>;
}

const never = new AbortController().signal;
const PATH = 'production/database/url';

/** What every store of secrets promises that shipway writes. */
export function secretsContract(name: string, make: () => Promise<SecretsHarness>): void {
  describe(`${name}: secrets`, () => {
    let h: SecretsHarness;
    beforeEach(async () => {
      h = await make();
    });
    afterEach(() => h.end());
    const set = async (value: string, path = PATH, by = h.vault): Promise<number> =>
      by.keep(path, await h.seal(path, value), 'ann', never);

    test('each value is a version of its own, also for another worker, and stays what it was', async () => {
      expect(await h.vault.versions(PATH, never)).toEqual([]);
      expect([await set('first value'), await set('second ✓ value\n', PATH, h.other)]).toEqual([1, 2]);
      const versions = await h.other.versions(PATH, never);
      expect(versions).toMatchObject([
        { version: 1, by: 'ann' },
        { version: 2, by: 'ann' },
      ]);
      for (const { at } of versions) expect(Date.parse(at)).not.toBeNaN();
      expect(await h.other.resolve(PATH, 1, never)).toBe('first value');
      expect(await h.vault.resolve(PATH, 2, never)).toBe('second ✓ value\n');
    });

    test('those who set one at the same time get numbers of their own', async () => {
      const values = Array.from({ length: 8 }, (_, i) => `value ${String(i)}`);
      const given = await Promise.all(values.map((v, i) => set(v, PATH, i % 2 === 0 ? h.vault : h.other)));
      expect([...given].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (const [i, value] of values.entries())
        expect(await h.vault.resolve(PATH, given[i] ?? 0, never)).toBe(value);
    });

    test('what is removed is missing, one version or all, and its number is never given again', async () => {
      for (const value of ['first', 'second', 'third']) await set(value);
      expect(await h.vault.remove(PATH, 3, never)).toEqual([3]);
      expect(await h.other.remove(PATH, 3, never)).toEqual([]);
      await expect(h.other.resolve(PATH, 3, never)).rejects.toMatchObject({ type: 'secret.missing' });
      expect(await set('fourth')).toBe(4);
      expect(await h.vault.remove(PATH, undefined, never)).toEqual([1, 2, 4]);
      expect([await h.vault.versions(PATH, never), await h.vault.list(never)]).toEqual([[], []]);
      expect(await set('fifth')).toBe(5);
    });

    test('the list has every path that has a value, and nobody’s value', async () => {
      for (const path of ['shared/key', 'a.b/c_d-e', PATH]) await set('the very value', path);
      await set('gone', 'not/any-more');
      await h.vault.remove('not/any-more', undefined, never);
      const list = await h.other.list(never);
      expect(list.map(({ path }) => path)).toEqual(['a.b/c_d-e', PATH, 'shared/key']);
      expect(JSON.stringify(list)).not.toContain('very');
    });

    test('what is not there, and what is no path, is missing; an abort is heeded', async () => {
      for (const path of [PATH, '../../etc/passwd', 'a//b', '', 'a+b', 'A'])
        await expect(h.vault.resolve(path, 1, never)).rejects.toMatchObject({ type: 'secret.missing' });
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      await expect(h.vault.list(stop.signal)).rejects.toThrow('enough');
    });
  });
}
