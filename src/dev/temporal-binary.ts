import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../paths.js';
import { firstThatWorks, type Say } from './acquire.js';
import { runCommand } from './run-command.js';
import { sdkDownload } from './sdk-download.js';

/** The last release that `go install` accepts: later ones carry a `replace`. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const VERSION_MS = 20_000;
const BUILD_MS = 20 * 60_000;

/**
 * The path of a `temporal` that can serve: on the PATH, kept from earlier, the SDK's download, built by Go. Fails with
 * `UsageError` listing all ways.
 */
export function temporalBinary(say: Say, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const kept = join(cacheDir(env), 'bin', 'temporal');
  return firstThatWorks(
    'Temporal server',
    [
      { name: '`temporal` on the PATH', get: () => working('temporal', env) },
      { name: `kept in ${kept}`, get: () => working(kept, env) },
      { name: 'the SDK’s download', get: () => sdkDownload('temporal-cli', kept, say, env) },
      { name: `go install ${MODULE}`, get: () => built(kept, say, env) },
    ],
    'install Go 1.24 or newer (it builds the server once), or put Temporal’s CLI on the PATH; `shipway dev` also takes a server that TEMPORAL_ADDRESS names',
  );
}

/** It runs, and it is Temporal's: another program of that name is passed over. */
async function working(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const said = await runCommand(path, ['--version'], { timeoutMs: VERSION_MS, env });
  if (!/^temporal version /.test(said)) throw new Error(`${path} is not Temporal’s command line`);
  return path;
}

/** Built in a folder of its own and moved into place, so that two at once cannot spoil each other's. */
async function built(kept: string, say: Say, env: NodeJS.ProcessEnv): Promise<string> {
  await runCommand('go', ['version'], { timeoutMs: VERSION_MS, env });
  say('building the Temporal server with Go, once: 3 to 5 minutes');
  await mkdir(cacheDir(env), { recursive: true });
  const work = await mkdtemp(join(cacheDir(env), 'build-'));
  try {
    await runCommand('go', ['install', MODULE], { timeoutMs: BUILD_MS, env: { ...env, GOBIN: work } });
    await mkdir(join(cacheDir(env), 'bin'), { recursive: true });
    await chmod(join(work, 'temporal'), 0o755);
    await rename(join(work, 'temporal'), kept);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return working(kept, env);
}
