import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.js';

/** Rooms whose tests leave nothing behind in their process: to load all that they need anew for each file takes longer than most of them run. */
const SHARING = ['activities', 'api', 'client', 'config', 'domain', 'store', 'workflows'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
const FAULTS = 'test/faults/**/*.test.ts';
const COMMON = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: SlowestFirst },
    // On the two processors that the budget is for: many files wait most of the time, and four leave tests with bounds too little.
    maxWorkers: 3,
    projects: [
      { test: { ...COMMON, name: 'sharing', include: SHARING, isolate: false } },
      { test: { ...COMMON, name: 'alone', include: ['test/**/*.test.ts'], exclude: [...SHARING, FAULTS] } },
      { test: { ...COMMON, name: 'faults', include: [FAULTS] } },
    ],
  },
});
