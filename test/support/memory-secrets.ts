import type { SecretVault } from '../../src/domain/ports.js';
import { ShipwayError } from '../../src/errors.js';

export interface MemorySecrets extends SecretVault {
  /** Gives a path its next value, and says as which version. */
  readonly give: (path: string, value: string) => number;
}

/** Secrets by path; what is kept sealed is its own value. */
export function memorySecrets(): MemorySecrets {
  const kept = new Map<string, (string | undefined)[]>();
  const there = (path: string) =>
    (kept.get(path) ?? []).flatMap((value, i) =>
      value === undefined ? [] : [{ version: i + 1, at: '2026-01-01T00:00:00.000Z', by: 'ann' }],
    );
  const give = (path: string, value: string): number => {
    kept.set(path, [...(kept.get(path) ?? []), value]);
    return kept.get(path)?.length ?? 0;
  };
  return {
    give,
    list: async (signal) => {
      signal.throwIfAborted();
      await Promise.resolve();
      const all = [...kept.keys()].sort().map((path) => ({ path, versions: there(path) }));
      return all.filter(({ versions }) => versions.length > 0);
    },
    versions: (path) => Promise.resolve(there(path)),
    resolve: (path, version) => {
      const value = kept.get(path)?.[version - 1];
      return value === undefined
        ? Promise.reject(new ShipwayError('secret.missing', `there is no ${path} v${String(version)}`))
        : Promise.resolve(value);
    },
    recipient: () => Promise.resolve('nobody'),
    keep: (path, sealed) => Promise.resolve(give(path, sealed)),
    remove: (path, version) => {
      const gone = there(path).flatMap((v) =>
        version === undefined || v.version === version ? [v.version] : [],
      );
      for (const n of gone) kept.get(path)?.splice(n - 1, 1, undefined);
      return Promise.resolve(gone);
    },
  };
}
