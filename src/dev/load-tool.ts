import { join } from 'node:path';
import { exclusive } from '../exclusive.js';
import { cacheDir } from '../paths.js';
import { firstThatWorks, type Say } from './acquire.js';
import { goBuild } from './go-build.js';
import { runCommand } from './run-command.js';

const MODULE = 'github.com/tsenart/vegeta/v12@v12.13.0';
const VERSION_MS = 20_000;

/**
 * The path of a `vegeta`, which sends requests at their times: on the PATH, kept from earlier, built by Go. Looked for when a performance
 * test first needs it. Fails with `UsageError` listing all ways.
 */
export function loadTool(say: Say, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const kept = join(cacheDir(env), 'bin', 'vegeta');
  const build = async (): Promise<string> => {
    const begun = (): void => {
      say('building the load generator with Go, once: less than a minute');
    };
    return working(await goBuild(MODULE, kept, begun, env), env);
  };
  return exclusive(kept, undefined, () =>
    firstThatWorks(
      'load generator',
      [
        { name: '`vegeta` on the PATH', get: () => working('vegeta', env) },
        { name: `kept in ${kept}`, get: () => working(kept, env) },
        { name: `go install ${MODULE}`, get: build },
      ],
      'put vegeta (https://github.com/tsenart/vegeta) on the PATH of the workers that run stages, or install Go 1.22 or newer there',
    ),
  );
}

/** It runs, and it is vegeta: another program of that name is passed over. */
async function working(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const said = await runCommand(path, ['-version'], { timeoutMs: VERSION_MS, env });
  if (!/^Version:/m.test(said)) throw new Error(`${path} is not the load generator vegeta`);
  return path;
}
