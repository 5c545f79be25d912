import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Digest } from '../domain/release.js';
import { git, type GitFacts } from './git.js';

export interface SourceBundle {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
  readonly remove: () => Promise<void>;
}

/** A repository of our own that borrows the user's objects: whatever we make lies here, theirs is never written. */
interface Borrowed {
  readonly folder: string;
  readonly gitDir: string;
}

async function borrow(root: string): Promise<Borrowed> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-source-'));
  const gitDir = join(folder, 'git');
  await mkdir(gitDir);
  await git(folder, ['init', '--quiet', '--bare', '--template=', gitDir]);
  const objects = resolve(root, await git(root, ['rev-parse', '--git-path', 'objects']));
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await writeFile(join(gitDir, 'objects/info/alternates'), `${objects}\n`);
  return { folder, gitDir };
}

/** The commit, and what leads to it, as one file whose only ref is `refs/heads/shipway`. */
export async function bundleOf(root: string, commit: string, from?: Borrowed): Promise<SourceBundle> {
  const { folder, gitDir } = from ?? (await borrow(root));
  const path = join(folder, 'source.bundle');
  await git(folder, ['--git-dir', gitDir, 'update-ref', 'refs/heads/shipway', commit]);
  await git(folder, ['--git-dir', gitDir, 'bundle', 'create', '--quiet', path, 'refs/heads/shipway']);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return {
    path,
    digest: hash.digest('hex'),
    bytes,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The working tree as a commit of our own, without what git ignores; the user's index and repository are not touched. */
export async function dirtyCommit(
  facts: GitFacts,
): Promise<{ readonly facts: GitFacts; readonly bundle: () => Promise<SourceBundle> }> {
  const { root } = facts;
  const borrowed = await borrow(root);
  const env = { GIT_INDEX_FILE: join(borrowed.folder, 'index') };
  const at = ['--git-dir', borrowed.gitDir, '--work-tree', root];
  await git(root, [...at, 'read-tree', facts.commit], env);
  await git(root, [...at, 'add', '--all'], env);
  const tree = await git(root, [...at, 'write-tree'], env);
  const who = {
    GIT_AUTHOR_NAME: 'shipway',
    GIT_AUTHOR_EMAIL: facts.author,
    GIT_COMMITTER_NAME: 'shipway',
    GIT_COMMITTER_EMAIL: facts.author,
    GIT_AUTHOR_DATE: facts.committedAt,
    GIT_COMMITTER_DATE: facts.committedAt,
  };
  const commit = await git(root, [...at, 'commit-tree', tree, '-p', facts.commit, '-m', 'working tree'], {
    ...env,
    ...who,
  });
  const version = `${facts.version}+dirty.${tree.slice(0, 7)}`;
  return {
    facts: { ...facts, commit, version, dirty: true },
    bundle: () => bundleOf(root, commit, borrowed),
  };
}
