import { readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hold } from '../exclusive.js';
import { UsageError } from '../errors.js';
import { ifGone } from '../if-gone.js';

/** One `shipway dev` a folder: fails with `UsageError` while another lives. A claim goes with its process, however that ends. */
export async function claimFolder(stateDir: string): Promise<() => Promise<void>> {
  const release = await hold(await realpath(stateDir));
  // Only for people: the lock does not say who has it.
  const file = join(stateDir, 'dev.pid');
  if (release === undefined) {
    const pid = (await readFile(file, 'utf8').catch(ifGone)) ?? 'not known yet';
    throw new UsageError(
      `shipway dev runs here already (pid ${pid.trim()})`,
      'use it, or end it first with Ctrl-C in its terminal',
    );
  }
  await writeFile(file, `${String(process.pid)}\n`, { mode: 0o600 });
  return async () => {
    await rm(file, { force: true });
    release();
  };
}
