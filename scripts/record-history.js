#!/usr/bin/env node
// Records the histories that test/replay replays, from the workflow tests' own runs.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';

const folder = new URL('../test/replay/histories/', import.meta.url);
for (const name of readdirSync(folder)) if (name.endsWith('.json')) rmSync(new URL(name, folder));
const { status } = spawnSync('npx', ['vitest', 'run', 'test/workflows'], {
  stdio: 'inherit',
  env: { ...process.env, RECORD: '1' },
});
process.exitCode = status ?? 1;
