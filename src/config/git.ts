import { execFile } from 'node:child_process';
import { dirname, relative } from 'node:path';
import { promisify } from 'node:util';
import { VERSION } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import type { Problem } from './problem.js';
import { MOST_BYTES, decoded, tooLarge } from './read-text.js';

/** What a plan takes from the repository. */
export interface GitFacts {
  readonly root: string;
  /** A tag's own name, else a short commit id; with `+dirty` for a tree that is not committed. */
  readonly version: string;
  /** The tag that was asked for; absent: it was named otherwise. */
  readonly tag?: string;
  readonly commit: string;
  readonly committedAt: string;
  readonly author: string;
  readonly dirty: boolean;
  /** Of the branches asked for, those that hold the commit. */
  readonly branches: readonly string[];
}
const MAX_BUFFER = 64 * 1024 ** 2;
/** What git sets for a hook and would answer by, instead of by the folder it is asked in. */
const OF_A_HOOK = /^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|NAMESPACE|.*OBJECT_DIRECTOR(Y|IES))$/;

/** Runs git by its arguments, until `signal`. Fails with what git says. */
export const git = async (
  cwd: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> => (await gitBytes(cwd, args, env, signal)).toString().trimEnd();

async function gitBytes(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  signal?: AbortSignal,
): Promise<Buffer> {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_A_HOOK.test(name));
  const options = {
    cwd,
    env: { ...Object.fromEntries(inherited), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...env },
    maxBuffer: MAX_BUFFER,
    encoding: 'buffer',
    ...(signal && { signal }),
  } as const;
  return (await promisify(execFile)('git', [...args], options)).stdout;
}

/** The repository that `file` lies in. Fails with `UsageError` when there is none, or no git. */
export async function repositoryOf(file: string): Promise<string> {
  try {
    return await git(dirname(file), ['rev-parse', '--show-toplevel']);
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    const folder = dirname(file);
    if (code === 'ENOENT') throw new UsageError('git is not installed', 'install git');
    if (stderr.includes('dubious ownership'))
      throw new UsageError(
        `git does not trust ${folder}, which belongs to another user`,
        'do what git says: git config --global --add safe.directory with the folder of the repository',
      );
    throw new UsageError(`${folder} is in no git repository`, '`git init`, and commit what is to be shipped');
  }
}

/** The commit that a name stands for. Fails with `UsageError`. */
export async function commitOf(root: string, ref: string): Promise<string> {
  if (ref.startsWith('-') || ref.includes('\0'))
    throw new UsageError(`${JSON.stringify(ref)} is no name of a commit`, 'a tag, a branch or a commit id');
  try {
    return await git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  } catch {
    if (ref === 'HEAD')
      throw new UsageError(`${root} has no commit yet`, '`git add` and `git commit` what is to be shipped');
    throw new UsageError(
      `there is no commit ${JSON.stringify(ref)} in ${root}`,
      'a tag, a branch or a commit id of this repository; `git tag` lists the tags',
    );
  }
}

/** A configuration file as it is in a commit, or the problem with it; `undefined` when it is not there. Fails with what git says. */
export async function fileAt(
  root: string,
  commit: string,
  file: string,
): Promise<string | Problem | undefined> {
  const listed = await git(root, [
    'ls-tree',
    '-z',
    '--long',
    '--full-tree',
    commit,
    '--',
    relative(root, file),
  ]);
  const [, blob, size] = /^\d+ blob ([0-9a-f]+) +(\S+)\t/.exec(listed) ?? [];
  if (blob === undefined) return undefined;
  if (Number(size) > MOST_BYTES) return tooLarge(file);
  return decoded(file, await gitBytes(root, ['cat-file', 'blob', blob]));
}

/** Which of these files are in a commit. Fails with what git says. */
export async function presentAt(
  root: string,
  commit: string,
  files: readonly string[],
): Promise<readonly string[]> {
  const paths = files.map((file) => relative(root, file));
  const listed = await git(root, ['ls-tree', '-z', '--name-only', '--full-tree', commit, '--', ...paths]);
  const there = listed.split('\0');
  return files.filter((_, i) => there.includes(paths[i] ?? ''));
}

/**
 * Facts of a commit that is in the repository. Fails with `UsageError` in a shallow clone: it can neither tell what is on a branch nor
 * hand the commit on.
 */
export async function factsOf(
  root: string,
  ref: string,
  commit: string,
  branches: readonly string[],
): Promise<GitFacts> {
  if ((await git(root, ['rev-parse', '--is-shallow-repository'])) === 'true')
    throw new UsageError(
      `${root} is a shallow clone, which lacks what leads to the commit`,
      '`git fetch --unshallow`, or cloning with the whole history (in CI: fetch depth 0)',
    );
  const { committedAt, author } = await writtenBy(root, commit);
  const holding: string[] = [];
  for (const branch of new Set(branches)) if (await holds(root, branch, commit)) holding.push(branch);
  const tag = (await isTag(root, ref)) ? ref : undefined;
  return {
    root,
    version: versionOf(tag ?? commit.slice(0, 12)),
    ...(tag === undefined ? {} : { tag }),
    commit,
    committedAt,
    author,
    dirty: false,
    branches: holding,
  };
}

const WRITTEN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))(?:\n([^\n]*))?$/;

/** When and by whom, and not what a setting of the user's puts beside it: the rule against self-approval goes by it. */
async function writtenBy(
  root: string,
  commit: string,
): Promise<{ readonly committedAt: string; readonly author: string }> {
  const told = await git(root, [
    ...['-c', 'log.showSignature=false', 'show', '--no-patch', '--format=%cI%n%ae'],
    ...['--end-of-options', commit],
  ]);
  const [, committedAt, author = ''] = WRITTEN.exec(told) ?? [];
  if (committedAt !== undefined) return { committedAt, author };
  throw new UsageError(
    `git does not say plainly who wrote commit ${commit.slice(0, 12)} and when: ${JSON.stringify(told.slice(0, 200))}`,
    'see what `git show --no-patch --format=%cI%n%ae` adds to the two lines, and unset that setting',
  );
}

const isTag = (root: string, ref: string): Promise<boolean> =>
  git(root, ['show-ref', '--verify', '--quiet', `refs/tags/${ref}`]).then(
    () => true,
    () => false,
  );

function versionOf(version: string): string {
  if (VERSION.test(version)) return version;
  throw new UsageError(
    `the tag ${JSON.stringify(version)} cannot be a version`,
    'a tag of letters, digits and . _ + - only',
  );
}

/** A branch of this repository or of its origin. One that does not exist holds nothing. */
async function holds(root: string, branch: string, commit: string): Promise<boolean> {
  for (const ref of [`refs/heads/${branch}`, `refs/remotes/origin/${branch}`])
    if (
      await git(root, ['merge-base', '--is-ancestor', commit, ref]).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}

/** What differs from the last commit, a line a file. */
export const changes = (root: string): Promise<string> => git(root, ['status', '--porcelain']);

/** The branch that releases come from: `main` where there is one or no repository at all, else the one that is checked out. */
export async function mainBranchOf(folder: string): Promise<string> {
  const on = (args: readonly string[]): Promise<string> => git(folder, args).catch(() => '');
  if ((await on(['rev-parse', '--verify', '--quiet', 'refs/heads/main'])) !== '') return MAIN;
  return (await on(['symbolic-ref', '--quiet', '--short', 'HEAD'])) || MAIN;
}
const MAIN = 'main';
