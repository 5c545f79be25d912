import { join } from 'node:path';
import { cacheDir } from '../paths.js';
import { firstThatWorks, type Say } from './acquire.js';
import { goBuild } from './go-build.js';
import { runCommand } from './run-command.js';
import { sdkDownload } from './sdk-download.js';

/** The last release that `go install` accepts: later ones carry a `replace`. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const VERSION_MS = 20_000;

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

const built = async (kept: string, say: Say, env: NodeJS.ProcessEnv): Promise<string> =>
  working(
    await goBuild(
      MODULE,
      kept,
      () => {
        say('building the Temporal server with Go, once: 3 to 5 minutes');
      },
      env,
    ),
    env,
  );
