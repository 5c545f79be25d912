import { join } from 'node:path';
import type { Secret, SecretVault, SecretVersion } from '../../domain/ports.js';
import { SECRET_PATH, secretText, unfitValue } from '../../domain/secrets.js';
import { ShipwayError } from '../../errors.js';
import { foldersIn } from '../../folders.js';
import { keyIn, type KeyPlace } from './age-key.js';
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
export function ageSecrets(options: AgeSecretsOptions): SecretVault {
  const key = keyIn(options);
  const folder = (path: string): string => join(options.directory, 'values', path.replaceAll('/', '+'));
  const versions = async (path: string): Promise<readonly SecretVersion[]> => {
    const found = await Promise.all(
      (await numbersIn(folder(path))).map(async (n) => ({ n, note: await readVersion(folder(path), n) })),
    );
    return found.flatMap(({ n, note }) =>
      note?.sealed === undefined ? [] : [{ version: n, at: note.at, by: note.by }],
    );
  };
  const list = async (): Promise<readonly Secret[]> => {
    const names = (await foldersIn(join(options.directory, 'values'))).toSorted();
    const all = names.map(async (name) => {
      const path = name.replaceAll('+', '/');
      return { path, versions: await versions(path) };
    });
    return (await Promise.all(all)).filter((secret) => secret.versions.length > 0);
  };
  return {
    list: (signal) => answering(signal, list),
    versions: (path, signal) =>
      answering(signal, () => (isPath(path) ? versions(path) : Promise.resolve([]))),
    resolve: (path, version, signal) => answering(signal, () => opened(path, version)),
    recipient: (signal) => answering(signal, key.recipient),
    keep: (path, sealed, by, signal) =>
      answering(signal, () => keepNext(folder(checked(path)), { at: new Date().toISOString(), by, sealed })),
    remove: (path, version, signal) => answering(signal, () => removed(folder(checked(path)), version)),
  };

  async function opened(path: string, version: number): Promise<string> {
    const note = isPath(path) ? await readVersion(folder(path), version) : undefined;
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
}

const isPath = (path: string): boolean => SECRET_PATH.test(path);
function checked(path: string): string {
  if (isPath(path)) return path;
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
