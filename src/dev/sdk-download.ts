import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Say } from './acquire.js';
import { runCommand } from './run-command.js';

const DOWNLOAD_MS = 60_000;

/**
 * Lets the SDK download a server of its own choice, keeps the file at `to`. In a child process, because the SDK only downloads to
 * start, and bounded in time, because it would try for long where its site is out of reach.
 */
export async function sdkDownload(
  kind: 'temporal-cli' | 'time-skipping',
  to: string,
  say: Say,
): Promise<string> {
  say(`asking the SDK for its ${kind} server`);
  await mkdir(dirname(to), { recursive: true });
  const folder = await mkdtemp(`${to}-download-`);
  try {
    await runCommand(
      process.execPath,
      [fileURLToPath(new URL('./sdk-download-child.js', import.meta.url)), kind, folder],
      { timeoutMs: DOWNLOAD_MS },
    );
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('the SDK left no file');
    await copyFile(join(folder, file), `${to}.new`);
    await rename(`${to}.new`, to);
    return to;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
