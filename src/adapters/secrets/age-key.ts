import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShipwayError } from '../../errors.js';
import { ifGone } from '../../if-gone.js';
import { createWhole } from './age-files.js';

export interface KeyPlace {
  readonly directory: string;
  /** The file with the identity, which opens values: only for workers that start instances. */
  readonly identityFile: string;
}
export interface Key {
  /** Whom values are sealed for. The first who asks makes the key, when nobody has. */
  readonly recipient: () => Promise<string>;
  /** Fails with `secret.unreadable`, and says nothing of the value. */
  readonly open: (sealed: string, path: string) => Promise<string>;
}

/** The pair of keys that a folder of secrets goes with. Files are as `age-keygen` makes them. */
export function keyIn({ directory, identityFile }: KeyPlace): Key {
  const recipientFile = join(directory, 'recipient.txt');
  const known = async (): Promise<string | undefined> =>
    (await readFile(recipientFile, 'utf8').catch(ifGone))?.trim();
  return {
    recipient: async () => (await known()) ?? (await made(directory, identityFile, recipientFile)),
    open: async (sealed, path) => {
      const identity = lineOf(await readFile(identityFile, 'utf8').catch(ifGone));
      if (identity === undefined)
        throw new ShipwayError(
          'secret.unreadable',
          `${path} cannot be opened: there is no key in ${identityFile}`,
        );
      const { unseal } = await import('../../sealed.js');
      try {
        return await unseal(identity, sealed, path);
      } catch {
        // What a library says of something that it could not read may have some of it in it.
        throw new ShipwayError(
          'secret.unreadable',
          `${path} cannot be opened with the key in ${identityFile}: it was sealed for another, or for another path`,
        );
      }
    },
  };
}

/** The first of those who make one at the same time has made it: the identity comes first, because it can be told from nothing else. */
async function made(directory: string, identityFile: string, recipientFile: string): Promise<string> {
  const { newIdentity, recipientOf } = await import('../../sealed.js');
  for (const folder of [directory, dirname(identityFile)])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  await createWhole(identityFile, dirname(identityFile), `${await newIdentity()}\n`);
  const first = lineOf(await readFile(identityFile, 'utf8'));
  if (first === undefined) throw new ShipwayError('secret.unreadable', `there is no key in ${identityFile}`);
  await createWhole(recipientFile, directory, `${await recipientOf(first)}\n`);
  return (await readFile(recipientFile, 'utf8')).trim();
}

/** `age-keygen` writes comments before the key. */
const lineOf = (text: string | undefined): string | undefined =>
  text?.split('\n').find((line) => line.startsWith('AGE-SECRET-KEY-'));
