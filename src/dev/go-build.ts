import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runCommand } from './run-command.js';

const VERSION_MS = 20_000;
const BUILD_MS = 20 * 60_000;

/**
 * Has Go build a program and keeps it at `kept`, which has the program's name. Built in a folder of its own and moved into place, so that
 * two at once cannot spoil each other's. `begun` is told once it is known that Go is there.
 */
export async function goBuild(
  module: string,
  kept: string,
  begun: () => void,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  await runCommand('go', ['version'], { timeoutMs: VERSION_MS, env });
  begun();
  const place = dirname(kept);
  await mkdir(place, { recursive: true });
  const work = await mkdtemp(join(dirname(place), 'build-'));
  try {
    await runCommand('go', ['install', module], { timeoutMs: BUILD_MS, env: { ...env, GOBIN: work } });
    const built = join(work, basename(kept));
    await chmod(built, 0o755);
    await rename(built, kept);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return kept;
}
