import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageRoot } from '../paths.js';
import type { Say } from './acquire.js';
import { runCommand } from './run-command.js';
import { whyOf } from '../errors.js';

/** Nothing that arrives for so long means that the site is out of reach; the whole may take longer. */
const STALLED_MS = 20_000;
const DOWNLOAD_MS = 10 * 60_000;
const LOOK_MS = 500;
const CHILD = 'dist/src/dev/sdk-download-child.js';

/**
 * Lets the SDK download a server of its own choice, keeps the file at `to`. In a child process, because the SDK only downloads to
 * start, and it is stopped when nothing arrives, because it would try for long where its site is out of reach.
 */
export async function sdkDownload(
  kind: 'temporal-cli' | 'time-skipping',
  to: string,
  say: Say,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  say(`asking the SDK for its ${kind} server`);
  await mkdir(dirname(to), { recursive: true });
  const folder = await mkdtemp(`${to}-download-`);
  const stalled = new AbortController();
  const watching = watchGrowth(folder, stalled);
  try {
    await runCommand(process.execPath, [join(packageRoot(), CHILD), kind, folder], {
      timeoutMs: DOWNLOAD_MS,
      env,
      signal: stalled.signal,
    });
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('the SDK left no file');
    await rename(join(folder, file), to);
    return to;
  } catch (error) {
    if (stalled.signal.aborted)
      throw new Error(`nothing arrived for ${String(STALLED_MS / 1000)} s`, { cause: error });
    const why = whyOf(error);
    throw new Error(why.replace(`${process.execPath} failed: `, ''), { cause: error });
  } finally {
    clearInterval(watching);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Aborts when what lies in the folder has not grown for a while. */
function watchGrowth(folder: string, stalled: AbortController): NodeJS.Timeout {
  let size = 0;
  let since = Date.now();
  return setInterval(() => {
    void sizeOf(folder).then((now) => {
      if (now > size) since = Date.now();
      size = now;
      if (Date.now() - since > STALLED_MS) stalled.abort();
    });
  }, LOOK_MS);
}

/** A file that goes away while it is looked at is one that was just renamed: it counts at the next look. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
