import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { isFile } from '../folders.js';
import { fileAt } from './git.js';
import type { Problem } from './problem.js';
import { readText } from './read-text.js';

/** Where a configuration's files are read from: all of one commit, or all as they are now. */
export interface Files {
  /** Nothing outside is read. */
  readonly root: string;
  /** For messages: ` in commit 1a2b3c`, or empty. */
  readonly where: string;
  /** The text of a file by its absolute path, or the problem with it; `undefined` when there is none. */
  readonly read: (path: string) => Promise<string | Problem | undefined>;
}

export const filesOfCommit = (root: string, commit: string): Files => ({
  root,
  where: ` in commit ${commit.slice(0, 12)}`,
  read: (path) => fileAt(root, commit, path),
});

export const filesNow = (root: string): Files => ({
  root,
  where: '',
  read: async (path) => {
    if (!(await isFile(path))) return undefined;
    const [real, inside] = await Promise.all([realpath(path), realpath(root)]);
    // A link may lead anywhere.
    return real.startsWith(`${inside}${sep}`) ? readText(real) : undefined;
  },
});
