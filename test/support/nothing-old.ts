import type { Store } from '../../src/domain/store.js';

const none = (): Promise<readonly never[]> => Promise.resolve([]);
const done = Promise.resolve();

/** Of a store in memory, where nothing is old; the real one is tested on PostgreSQL. */
export const nothingOld: Pick<Store, 'old' | 'look'> = {
  look: () => Promise.resolve({ now: new Date().toISOString(), schema: 1, own: 1 }),
  old: {
    ...{ logs: none, samples: none, releases: none, named: none, evidence: none, logged: none },
    ...{ messages: none, removeMessages: () => done },
    ...{ removeLogs: () => done, removeSamples: () => done, removeReleases: () => done },
  },
};
