import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findDaemon, findProgram } from '../../src/dev/find-program.js';

/** What runs Compose: the program of that name, or the plugin of docker. */
export function composeOn(path = process.env['PATH'] ?? ''): readonly [string, ...string[]] | undefined {
  const alone = findProgram(['docker-compose'], path);
  if (alone !== undefined) return [alone];
  const docker = findProgram(['docker'], path);
  if (docker === undefined) return undefined;
  return spawnSync(docker, ['compose', 'version']).status === 0 ? [docker, 'compose'] : undefined;
}

export const chromium = findProgram(['chromium', 'chromium-browser', 'google-chrome']);
export const compose = composeOn();
export const haproxy = findDaemon('haproxy');
/** With its Lua module. */
export const nginx = existsSync('/etc/nginx/modules-enabled/50-mod-http-lua.conf')
  ? findDaemon('nginx')
  : undefined;
export const prometheus = findDaemon('prometheus');

/**
 * Whether a test may be left out: its program is not on this machine, and nobody installs it by hand to run the tests. `.ci/run`
 * installs it, and there nothing is left out.
 */
export const without = (found: unknown): boolean => found === undefined && process.env['CI'] !== 'true';
