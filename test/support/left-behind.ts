import { readFile, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Processes of this machine that have `mark` in their environment, command line or working folder, by what they are. */
export async function processesOf(mark: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string): Promise<string> =>
        readFile(join('/proc', pid, name), 'utf8').catch(() => '');
      const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
      const folder = await readlink(join('/proc', pid, 'cwd')).catch(() => '');
      const marked = [command, environment, folder].some((text) => text.includes(mark));
      // One that has ended and waits to be collected has no command line any more.
      return marked && command !== '' ? [command.replaceAll('\0', ' ').trim()] : [];
    }),
  );
  return found.flat();
}

/** Removes a folder in which `shipway dev` ran, and PostgreSQL's data outside of it. */
export async function removeAll(folder: string): Promise<void> {
  for (const place of [...(await dataOf(folder)), folder]) await rm(place, { recursive: true, force: true });
}

/** PostgreSQL's data folders outside of the folder they belong to, which root's lie in. */
export async function dataOf(mark: string): Promise<readonly string[]> {
  const shared = '/var/lib/shipway';
  const names = await readdir(shared).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const origin = await readFile(join(shared, name, 'origin'), 'utf8').catch(() => '');
      return origin.includes(mark) ? [join(shared, name)] : [];
    }),
  );
  return found.flat();
}
