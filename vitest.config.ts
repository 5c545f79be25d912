import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    // Real servers and killed processes on a machine that others use too: a test may fail once there. Twice is a failure.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    hookTimeout: 120_000,
  },
});
