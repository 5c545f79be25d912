import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program of the system that a test needs, of the first of these names that there is. */
export const program = (names: readonly string[], path = process.env['PATH'] ?? ''): string | undefined =>
  names
    .flatMap((name) => path.split(delimiter).map((folder) => join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** What runs Compose: the program of that name, or the plugin of docker. */
export function composeOn(path = process.env['PATH'] ?? ''): readonly [string, ...string[]] | undefined {
  const alone = program(['docker-compose'], path);
  if (alone !== undefined) return [alone];
  const docker = program(['docker'], path);
  if (docker === undefined) return undefined;
  return spawnSync(docker, ['compose', 'version']).status === 0 ? [docker, 'compose'] : undefined;
}

export const chromium = program(['chromium', 'chromium-browser', 'google-chrome']);
export const compose = composeOn();
/** Daemons are where not everybody looks for programs. */
const sbin = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;
export const haproxy = program(['haproxy'], sbin);
export const prometheus = program(['prometheus'], sbin);

/**
 * Whether a test may be left out: its program is not on this machine, and nobody installs it by hand to run the tests. `.ci/run`
 * installs it, and there nothing is left out.
 */
export const without = (found: unknown): boolean => found === undefined && process.env['CI'] !== 'true';
