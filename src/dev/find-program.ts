import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UsageError } from '../errors.js';

/** The path of the first program of these names that a search path has. */
export const findProgram = (names: readonly string[], path = process.env['PATH'] ?? ''): string | undefined =>
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

/** A daemon, which is where not everybody looks for programs. */
export const findDaemon = (name: string, path = process.env['PATH'] ?? ''): string | undefined =>
  findProgram([name], `${path}${delimiter}/usr/sbin`);

/** Fails with `UsageError` when this machine has none. */
export function daemonProgram(name: string, path?: string): string {
  const found = findDaemon(name, path);
  if (found !== undefined) return found;
  throw new UsageError(
    `${name} is neither on the PATH nor in /usr/sbin`,
    `install it (Debian and Ubuntu: apt-get install ${PACKAGES[name] ?? name}) and give the same command again`,
  );
}
/** Where one of the same name is not all of it. */
const PACKAGES: Readonly<Partial<Record<string, string>>> = { nginx: 'nginx libnginx-mod-http-lua' };
