import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DIRTY } from '../domain/ids.js';
import type { Digest } from '../domain/release.js';
import { sha256 } from '../hash.js';
import { git, type GitFacts } from './git.js';

export interface SourceBundle {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
  /** A list of the commits that it follows, newest first, one a line. */
  readonly ancestors: { readonly path: string; readonly digest: Digest };
  readonly remove: () => Promise<void>;
}
/** Of more, the oldest are left out: nobody ships them any more. */
const MOST_ANCESTORS = 10_000;

/** A repository of our own that borrows the user's objects: whatever we make lies here, theirs is never written. */
interface Borrowed {
  readonly folder: string;
  readonly gitDir: string;
  /** The objects that are borrowed. */
  readonly objects: string;
}

/** What `body` makes lies in a folder of its own, which is gone again when it fails. */
async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-source-'));
  try {
    return await body(folder);
  } catch (error) {
    await removed(folder);
    throw error;
  }
}
const removed = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

async function borrow(root: string, folder: string): Promise<Borrowed> {
  const gitDir = join(folder, 'git');
  await mkdir(gitDir);
  await git(folder, ['init', '--quiet', '--bare', '--template=', gitDir]);
  const objects = resolve(root, await git(root, ['rev-parse', '--git-path', 'objects']));
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await writeFile(join(gitDir, 'objects/info/alternates'), `${objects}\n`);
  return { folder, gitDir, objects };
}

/** The commit, and what leads to it, as one file whose only ref is `refs/heads/shipway`. */
export const bundleOf = (root: string, commit: string): Promise<SourceBundle> =>
  inFolder(async (folder) => bundled(await borrow(root, folder), commit));

/** `own`: how many commits, from the newest, are what is shipped and not what it follows. */
async function bundled({ folder, gitDir }: Borrowed, commit: string, own = 1): Promise<SourceBundle> {
  const path = join(folder, 'source.bundle');
  await git(folder, ['--git-dir', gitDir, 'update-ref', 'refs/heads/shipway', commit]);
  await git(folder, ['--git-dir', gitDir, 'bundle', 'create', '--quiet', path, 'refs/heads/shipway']);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const limits = [`--skip=${String(own)}`, `--max-count=${String(MOST_ANCESTORS)}`];
  const followed = await git(folder, ['--git-dir', gitDir, 'rev-list', ...limits, commit]);
  const ancestors = { path: join(folder, 'ancestors'), digest: sha256(`${followed}\n`) };
  await writeFile(ancestors.path, `${followed}\n`);
  return { path, digest: hash.digest('hex'), bytes, ancestors, remove: () => removed(folder) };
}

export interface DirtyTree {
  readonly facts: GitFacts;
  readonly bundle: () => Promise<SourceBundle>;
  /** Takes away what was made, the bundle too. */
  readonly remove: () => Promise<void>;
}

/**
 * The working tree as a commit of our own, made by the user's own rules: without what git ignores, and as its filters leave it. What
 * `shipway dev` keeps in `.shipway` is never in it. The user's index and objects are not touched.
 */
export const dirtyCommit = (facts: GitFacts): Promise<DirtyTree> =>
  inFolder(async (folder) => {
    const borrowed = await borrow(facts.root, folder);
    const tree = await treeOf(facts, borrowed);
    const commit = await committed(facts, borrowed, tree);
    return {
      facts: { ...facts, commit, version: `${facts.version}${DIRTY}${tree.slice(0, 7)}`, dirty: true },
      // The commit under the changes may be shipped after them.
      bundle: () => bundled(borrowed, commit, 2),
      remove: () => removed(folder),
    };
  });

/** What git keeps beside an index of its own accord, or runs after a change of one, would be in the user's repository. */
const UNTOUCHED = ['core.splitIndex=false', 'core.fsmonitor=false', 'core.hooksPath=/dev/null'].flatMap(
  (setting) => ['-c', setting],
);
const ALL_BUT_STATE = [':(top)', ':(top,exclude,glob)**/.shipway', ':(top,exclude,glob)**/.shipway/**'];

async function treeOf({ root, commit }: GitFacts, borrowed: Borrowed): Promise<string> {
  const env = {
    ...writingTo(borrowed),
    GIT_INDEX_FILE: join(borrowed.folder, 'index'),
  };
  await git(root, [...UNTOUCHED, 'read-tree', commit], env);
  await git(root, [...UNTOUCHED, 'add', '--all', '--', ...ALL_BUT_STATE], env);
  return git(root, [...UNTOUCHED, 'write-tree'], env);
}

function committed({ root, commit, author, committedAt }: GitFacts, borrowed: Borrowed, tree: string) {
  const env = {
    ...writingTo(borrowed),
    GIT_AUTHOR_NAME: 'shipway',
    GIT_AUTHOR_EMAIL: author,
    GIT_COMMITTER_NAME: 'shipway',
    GIT_COMMITTER_EMAIL: author,
    GIT_AUTHOR_DATE: committedAt,
    GIT_COMMITTER_DATE: committedAt,
  };
  return git(root, ['commit-tree', tree, '-p', commit, '-m', 'working tree'], env);
}

/** The user's own repository with all its rules, and new objects in ours. A quoted path may have a colon in it. */
const writingTo = ({ gitDir, objects }: Borrowed): NodeJS.ProcessEnv => ({
  GIT_OBJECT_DIRECTORY: join(gitDir, 'objects'),
  GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${objects.replace(/["\\]/g, '\\$&')}"`,
});
