import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, stopProcess, type ProcessIdentity } from '../processes.js';

const folder = (stateDir: string): string => join(stateDir, 'run');
const GRACE_MS = 10_000;

/** Notes a process that belongs to this folder, so that it is found after a crash of whoever started it. */
export async function noteProcess(stateDir: string, name: string, pid: number): Promise<void> {
  const identity = await identityOf(pid);
  await mkdir(folder(stateDir), { recursive: true });
  await writeFile(join(folder(stateDir), `${name}.json`), JSON.stringify(identity), { mode: 0o600 });
}

/** Stops what an earlier `shipway dev` left running here when it was killed: known by pid and start time, never by name. */
export async function stopLeftovers(stateDir: string): Promise<void> {
  for (const name of await notes(stateDir)) {
    const file = join(folder(stateDir), name);
    await stopProcess(JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity, { graceMs: GRACE_MS });
    await rm(file);
  }
}

/** Worker first, then what it works with. */
async function notes(stateDir: string): Promise<readonly string[]> {
  await mkdir(folder(stateDir), { recursive: true });
  const names = (await readdir(folder(stateDir))).filter((n) => n.endsWith('.json'));
  return names.sort((a, b) => Number(b === 'worker.json') - Number(a === 'worker.json'));
}
