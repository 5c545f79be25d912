import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import { UsageError } from '../../errors.js';

const run = promisify(execFile);
export interface CommitBy {
  readonly name: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
}

/** Overrides whatever an installation's own configuration says, for git versions that still read it. */
const SETTINGS = [
  'commit.gpgsign=false',
  'tag.gpgsign=false',
  `core.hooksPath=${devNull}`,
  'core.autocrlf=false',
  'core.fileMode=false',
].flatMap((setting) => ['-c', setting]);

/**
 * Runs git in `directory`, apart from the user's: it neither reads nor writes their configuration, hooks or templates,
 * and heeds no `GIT_*` of the caller, which could point at another repository. `by` says who commits and when.
 * Fails with `UsageError` when there is no git.
 */
export async function git(directory: string, args: readonly string[], by?: CommitBy): Promise<void> {
  try {
    await run('git', [...SETTINGS, ...args], { cwd: directory, env: environment(by) });
  } catch (error) {
    if (isMissing(error))
      throw new UsageError(
        'git was not found: an example is made as a git repository',
        'install git, see that `git --version` works, and run the same command again',
      );
    throw error;
  }
}

function environment(by: CommitBy | undefined): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env: NodeJS.ProcessEnv = Object.fromEntries(own);
  if (by !== undefined)
    for (const role of ['AUTHOR', 'COMMITTER']) {
      env[`GIT_${role}_NAME`] = by.name;
      env[`GIT_${role}_EMAIL`] = by.email;
      env[`GIT_${role}_DATE`] = by.date;
    }
  return { ...env, GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: '1' };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ENOENT' &&
  'path' in error &&
  error.path === 'git';
