import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.js';

const every = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;
/** Whole runs, killed workers, real load: each of these files keeps more than one core busy with the processes that it starts. */
const RUNS = ['e2e', 'faults', 'cli', 'stage', 'worker'].map((room) => `test/${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: SlowestFirst },
    projects: [
      { test: { ...every, name: 'runs', include: RUNS, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      // These wait more than they work.
      {
        test: {
          ...{ ...every, name: 'parts', include: ['test/**/*.test.ts'], exclude: RUNS },
          ...{ maxWorkers: 3, sequence: { groupOrder: 1 } },
        },
      },
    ],
  },
});
