import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.js';

const every = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;
/** Whole runs, killed workers, real load: each of these files keeps more than one core busy with the processes that it starts. */
const ROOMS = ['e2e', 'faults', 'cli', 'stage', 'worker', 'dev', 'examples'];
const RUNS = [...ROOMS.map((room) => `test/${room}/**/*.test.ts`), 'test/gateway/load.test.ts'];

export default defineConfig({
  test: {
    // For tools that read this file; what runs is said by the projects.
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
