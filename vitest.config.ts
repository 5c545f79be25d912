import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.js';

/** Rooms whose tests leave nothing behind in their process: to load all that they need anew for each file takes longer than most of them run. */
const SHARING = ['activities', 'api', 'client', 'config', 'domain', 'store', 'workflows'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
const FAULTS = 'test/faults/**/*.test.ts';
const COMMON = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

/** Files at once for each processor: many wait most of the time; more would leave the tests that kill processes too little of it. */
const AT_ONCE = 1.5;

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: SlowestFirst },
    maxWorkers: Math.ceil(AT_ONCE * availableParallelism()),
    projects: [
      { test: { ...COMMON, name: 'sharing', include: SHARING, isolate: false } },
      { test: { ...COMMON, name: 'alone', include: ['test/**/*.test.ts'], exclude: [...SHARING, FAULTS] } },
      { test: { ...COMMON, name: 'faults', include: [FAULTS] } },
    ],
  },
});
