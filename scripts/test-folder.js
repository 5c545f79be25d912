// Where the tests put what they make: thousands of small files that nobody keeps, best in memory where there is plenty of it.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** What a whole run makes at once, with room for the servers' own memory beside it. */
const NEEDED = 8 * 2 ** 30;

/** A new folder for one run of the tests, which the caller removes; a `TMPDIR` of the caller's is where it is then. */
export function testFolder(env = process.env) {
  const folder = mkdtempSync(
    join(env.TMPDIR === undefined && inMemory() ? MEMORY : tmpdir(), 'shipway-test-'),
  );
  // PostgreSQL, which refuses to run as root, passes through it.
  chmodSync(folder, 0o711);
  return folder;
}

function inMemory() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= NEEDED && freemem() >= NEEDED && runsPrograms();
  } catch {
    return false;
  }
}

/** Containers and hardened machines mount it `noexec`; the tests write programs and run them. */
function runsPrograms() {
  const folder = mkdtempSync(join(MEMORY, 'shipway-try-'));
  try {
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    return spawnSync(program).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
