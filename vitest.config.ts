import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.js';

/** Whole runs; what puts another module in the place of one, has the SDK make its one runtime its own way, or run workflows in the process. */
const ALONE = [
  'test/e2e/**/*.test.ts',
  'test/cli/lab.test.ts',
  'test/adapters/process-ports.test.ts',
  'test/worker/failed-start.test.ts',
  'test/replay/replay.test.ts',
];
const FAULTS = 'test/faults/**/*.test.ts';
const ALL = 'test/**/*.test.ts';
const COMMON = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

/** To load all that it needs anew takes longer than most files run: these leave nothing behind in their process to the next, or fail. */
const SHARING = { isolate: false, setupFiles: ['test/support/left-as-found.ts'] };

/** Files at once for each processor: many wait most of the time; more would leave the tests that kill processes too little of it. */
const AT_ONCE = 1.5;

/** Of tests in one file that kill processes: each has a worker, a gateway and instances of its own, which are to come back in time. */
const LABS_AT_ONCE = 3;

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: SlowestFirst },
    maxWorkers: Math.ceil(AT_ONCE * availableParallelism()),
    projects: [
      { test: { ...COMMON, ...SHARING, name: 'sharing', include: [ALL], exclude: [...ALONE, FAULTS] } },
      { test: { ...COMMON, name: 'alone', include: ALONE } },
      {
        test: {
          ...{ ...COMMON, name: 'faults', include: [FAULTS], maxConcurrency: LABS_AT_ONCE },
          setupFiles: ['test/faults/tell-when-failed.ts'],
        },
      },
    ],
  },
});
