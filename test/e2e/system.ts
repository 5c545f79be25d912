import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program of the system that a test needs, of the first of these names that there is. */
export const program = (...names: readonly string[]): string | undefined =>
  names
    .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

export const chromium = program('chromium', 'chromium-browser', 'google-chrome');
export const dockerCompose = program('docker-compose');

/**
 * Whether a test may be left out: its program is not on this machine, and nobody installs it by hand to run the tests. `.ci/run`
 * installs it, and there nothing is left out.
 */
export const without = (path: string | undefined): boolean =>
  path === undefined && process.env['CI'] !== 'true';
