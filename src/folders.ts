import { readdir, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { ifGone } from './if-gone.js';

/** What is in a folder; nothing when there is none. Any other failure stays one: what cannot be read is not nothing. */
export async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The names of the folders in it, no links among them. */
export const foldersIn = async (directory: string): Promise<readonly string[]> =>
  (await entriesOf(directory)).filter((e) => e.isDirectory()).map((e) => e.name);

/** Whether something is there. Fails when that cannot be told. */
export const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(ifGone)) !== undefined;
