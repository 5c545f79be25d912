import { join } from 'node:path';
import type { Secret, SecretVault, SecretVersion } from '../../domain/ports.js';
import { SECRET_PATH, secretText, unfitValue } from '../../domain/secrets.js';
import { ShipwayError } from '../../errors.js';
import { foldersIn } from '../../folders.js';
import { keyIn, type Key, type KeyPlace } from './age-key.js';
import { keepNext, numbersIn, readVersion, withdraw } from './age-files.js';

export interface AgeSecretsOptions extends KeyPlace {
  /** Sealed values lie below it, `values/<path>/<version>.json`, and the recipient beside them. */
  readonly directory: string;
}

/**
 * Secrets as files that are encrypted with age, one a version. They are written as they come, sealed by who gave them; only `resolve`
 * needs the identity, and only it ever sees a value. A version is made whole or not at all, and by one writer, with no lock: so all
 * workers may share the folder, over any file system that they share.
 */
export function ageSecrets({ directory, identityFile }: AgeSecretsOptions): SecretVault {
  const key = keyIn({ directory, identityFile });
  const values = join(directory, 'values');
  const folder = (path: string): string => join(values, folderOf(path));
  return {
    list: (signal) => answering(signal, () => listIn(values)),
    versions: (path, signal) =>
      answering(signal, () => (SECRET_PATH.test(path) ? versionsIn(folder(path)) : Promise.resolve([]))),
    resolve: (path, version, signal) => answering(signal, () => opened(key, values, path, version)),
    recipient: (signal) => answering(signal, key.recipient),
    keep: (path, sealed, by, signal) =>
      answering(signal, () => keepNext(folder(checked(path)), { at: new Date().toISOString(), by, sealed })),
    remove: (path, version, signal) => answering(signal, () => removed(folder(checked(path)), version)),
  };
}

/** One folder a path, whatever its depth: no path stands in another's way. */
const folderOf = (path: string): string => path.replaceAll('/', '+');
const pathOf = (folder: string): string => folder.replaceAll('+', '/');

async function versionsIn(folder: string): Promise<readonly SecretVersion[]> {
  const found = await Promise.all(
    (await numbersIn(folder)).map(async (n) => ({ n, note: await readVersion(folder, n) })),
  );
  return found.flatMap(({ n, note }) =>
    note?.sealed === undefined ? [] : [{ version: n, at: note.at, by: note.by }],
  );
}

async function listIn(values: string): Promise<readonly Secret[]> {
  const names = (await foldersIn(values)).toSorted();
  const all = names.map(async (name) => ({
    path: pathOf(name),
    versions: await versionsIn(join(values, name)),
  }));
  return (await Promise.all(all)).filter((secret) => secret.versions.length > 0);
}

async function opened(key: Key, values: string, path: string, version: number): Promise<string> {
  const note = SECRET_PATH.test(path) ? await readVersion(join(values, folderOf(path)), version) : undefined;
  if (note?.sealed === undefined)
    throw new ShipwayError('secret.missing', `there is no ${secretText({ secret: path, version })}`);
  const value = await key.open(note.sealed, path);
  const unfit = unfitValue(value);
  if (unfit === undefined) return value;
  throw new ShipwayError(
    'secret.unreadable',
    `${secretText({ secret: path, version })} is no value: ${unfit}`,
  );
}

function checked(path: string): string {
  if (SECRET_PATH.test(path)) return path;
  throw new ShipwayError('internal.bug', `${JSON.stringify(path)} is no path of a secret`);
}

async function removed(folder: string, version: number | undefined): Promise<readonly number[]> {
  const asked = version === undefined ? await numbersIn(folder) : [version];
  const gone: number[] = [];
  for (const n of asked) if (await withdraw(folder, n)) gone.push(n);
  return gone;
}

/** A folder that cannot be read or written may be mended: that is tried again. */
async function answering<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (error instanceof ShipwayError || code === undefined || syscall === undefined) throw error;
    throw new ShipwayError('secrets.unavailable', `the folder of secrets: ${message}`);
  }
}
