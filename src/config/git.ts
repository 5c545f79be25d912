import { execFile } from 'node:child_process';
import { dirname, relative } from 'node:path';
import { promisify } from 'node:util';
import { VERSION } from '../domain/ids.js';
import { UsageError } from '../errors.js';

/** What a plan takes from the repository. */
export interface GitFacts {
  readonly root: string;
  /** A tag's own name, else a short commit id; with `+dirty` for a tree that is not committed. */
  readonly version: string;
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

/** Runs git by its arguments. Fails with what git says. */
export async function git(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_A_HOOK.test(name));
  const options = {
    cwd,
    env: { ...Object.fromEntries(inherited), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...env },
    maxBuffer: MAX_BUFFER,
  };
  const { stdout } = await promisify(execFile)('git', [...args], options);
  return stdout.trimEnd();
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

/** A file as it is in a commit; `undefined` when it is not there. */
export async function fileAt(root: string, commit: string, file: string): Promise<string | undefined> {
  try {
    return await git(root, ['show', '--end-of-options', `${commit}:${relative(root, file)}`]);
  } catch {
    return undefined;
  }
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
  const [committedAt = '', author = ''] = (
    await git(root, ['show', '--no-patch', '--format=%cI%n%ae', '--end-of-options', commit])
  ).split('\n');
  const holding: string[] = [];
  for (const branch of new Set(branches)) if (await holds(root, branch, commit)) holding.push(branch);
  return {
    root,
    version: await versionOf(root, ref, commit),
    commit,
    committedAt,
    author,
    dirty: false,
    branches: holding,
  };
}

async function versionOf(root: string, ref: string, commit: string): Promise<string> {
  const isTag = await git(root, ['show-ref', '--verify', '--quiet', `refs/tags/${ref}`]).then(
    () => true,
    () => false,
  );
  const version = isTag ? ref : commit.slice(0, 12);
  if (VERSION.test(version)) return version;
  throw new UsageError(
    `the tag ${JSON.stringify(ref)} cannot be a version`,
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
