import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { identityOf, isAlive, type ProcessIdentity } from '../processes.js';

/** One `shipway dev` a folder. Fails with `UsageError` while another lives; the claim of a dead one is taken over. */
export async function claimFolder(stateDir: string): Promise<() => Promise<void>> {
  const file = join(stateDir, 'dev.pid');
  const holder = await readHolder(file);
  if (holder !== undefined && (await isAlive(holder)))
    throw new UsageError(
      `shipway dev runs here already (pid ${String(holder.pid)})`,
      'use it, or end it first with Ctrl-C in its terminal',
    );
  await writeFile(file, JSON.stringify(await identityOf(process.pid)), { mode: 0o600 });
  return () => rm(file, { force: true });
}

async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
