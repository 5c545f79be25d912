import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stopProcess, type ProcessIdentity } from '../processes.js';

const folder = (stateDir: string): string => join(stateDir, 'run');
const GRACE_MS = 10_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A process that belongs to a folder, and what ends it in order. */
export interface RunNote extends ProcessIdentity {
  readonly signal: (typeof SIGNALS)[number];
}

/** Notes a process, so that it is found after a crash of whoever started it; whole or not at all. */
export async function noteProcess(stateDir: string, name: string, note: RunNote): Promise<void> {
  await mkdir(folder(stateDir), { recursive: true });
  const file = join(folder(stateDir), `${name}.json`);
  await writeFile(`${file}.new`, JSON.stringify(note), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Stops what an earlier `shipway dev` left running here when it was killed: known by pid and start time, never by name. */
export async function stopLeftovers(stateDir: string): Promise<void> {
  for (const name of await notes(stateDir)) {
    const file = join(folder(stateDir), name);
    const note = noteIn(await readFile(file, 'utf8'));
    if (note !== undefined) await stopProcess(note, { signal: note.signal, graceMs: GRACE_MS });
    await rm(file);
  }
}

/** `undefined`: nobody can tell any more which process it was of. A machine that lost its power may leave such. */
function noteIn(text: string): RunNote | undefined {
  try {
    const { pid, startTime, signal } = JSON.parse(text) as Partial<RunNote>;
    if (typeof pid !== 'number' || typeof startTime !== 'string') return undefined;
    return { pid, startTime, signal: SIGNALS.find((s) => s === signal) ?? 'SIGTERM' };
  } catch {
    return undefined;
  }
}

/** Worker first, then what it works with. */
async function notes(stateDir: string): Promise<readonly string[]> {
  await mkdir(folder(stateDir), { recursive: true });
  const names = (await readdir(folder(stateDir))).filter((n) => n.endsWith('.json'));
  return names.sort((a, b) => Number(b === 'worker.json') - Number(a === 'worker.json'));
}
