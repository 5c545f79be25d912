import type { MemoryStore } from './memory-store.js';

/** `store` with `meet` called before each of its methods, with the method's name. */
export function meeting(store: MemoryStore, meet: (method: string) => void): MemoryStore {
  const sections = Object.entries(store as object).map(([section, methods]: [string, unknown]) => {
    if (typeof methods !== 'object' || methods === null || methods instanceof Map)
      return [section, methods] as const;
    const met = Object.entries(methods).map(([name, method]: [string, (...of: unknown[]) => unknown]) => [
      name,
      (...of: unknown[]) =>
        Promise.resolve().then(() => {
          meet(`${section}.${name}`);
          return method(...of);
        }),
    ]);
    return [section, Object.fromEntries(met) as unknown] as const;
  });
  return Object.fromEntries(sections) as unknown as MemoryStore;
}
