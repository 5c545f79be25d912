import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { unpackArtifacts } from '../adapters/artifacts/tar.js';
import type { CachePlan } from '../domain/plan.js';
import type { ArtifactRef, Digest } from '../domain/release.js';
import type { StageBackend } from '../domain/stage.js';
import { ShipwayError } from '../errors.js';
import { git } from './git.js';

export interface WorkspaceOptions {
  readonly stageDir: string;
  readonly backend: Pick<StageBackend, 'getArtifact'>;
  readonly service: string;
  readonly commit: string;
  readonly source: Digest;
  readonly artifacts: readonly ArtifactRef[];
  readonly cache: readonly CachePlan[];
  /** Where it is made: the job's folder. */
  readonly directory: string;
}

/** Source, then what earlier stages declared, then caches; never what the last stage happened to leave. */
export async function makeWorkspace(options: WorkspaceOptions, signal: AbortSignal): Promise<string> {
  const pristine = await checkout(options, signal);
  const workspace = join(options.directory, 'workspace');
  await rm(workspace, { recursive: true, force: true });
  await copy(pristine, workspace);
  for (const artifact of options.artifacts)
    await unpackArtifacts(await options.backend.getArtifact(artifact.digest), workspace);
  for (const cache of options.cache) await restore(options, cache, workspace);
  return workspace;
}

/** The commit as it is in the bundle, checked out once and copied for every stage. Fails with `source.invalid`. */
async function checkout(
  { stageDir, backend, commit, source }: WorkspaceOptions,
  signal: AbortSignal,
): Promise<string> {
  const place = join(stageDir, 'sources', commit);
  if (await exists(place)) return place;
  const work = `${place}.${String(process.pid)}.${String(Date.now())}`;
  const bundle = `${work}.bundle`;
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    await pipeline(
      Readable.from(await backend.getArtifact(source)),
      createWriteStream(bundle, { mode: 0o600 }),
    );
    await unbundled(work, bundle, commit, signal);
    await rename(work, place);
  } catch (error) {
    // Another stage was quicker: what it made is the same.
    if (!(await exists(place))) throw error;
  } finally {
    await Promise.all([rm(work, { recursive: true, force: true }), rm(bundle, { force: true })]);
  }
  return place;
}

async function unbundled(work: string, bundle: string, commit: string, signal: AbortSignal): Promise<void> {
  try {
    await git(work, ['init', '--quiet', '--template='], signal);
    await git(work, ['fetch', '--quiet', bundle, '+refs/*:refs/*'], signal);
    await git(work, ['checkout', '--quiet', '--detach', commit], signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new ShipwayError('source.invalid', `the source does not hold commit ${commit}`, { cause: error });
  }
}

/** `cp` shares blocks where the file system can; nothing in it is interpreted. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await promisify(execFile)('cp', [
    '-a',
    ...(process.platform === 'linux' ? ['--reflink=auto'] : []),
    '--',
    from,
    to,
  ]);
}

/** A cache is a help, not a promise: one that is not there is not restored. */
async function restore(options: WorkspaceOptions, cache: CachePlan, workspace: string): Promise<void> {
  const place = await cachePlace(options, cache, workspace);
  for (const [i, path] of cache.paths.entries()) {
    const kept = join(place, String(i));
    if ((await exists(kept)) && !(await exists(join(workspace, path))))
      await copy(kept, join(workspace, path));
  }
}

/** Keeps the caches of a stage that passed, under the key of its key files; one that is kept already stays. */
export async function keepCaches(options: WorkspaceOptions, workspace: string): Promise<void> {
  for (const cache of options.cache) {
    const place = await cachePlace(options, cache, workspace);
    if (await exists(place)) continue;
    const work = `${place}.${String(process.pid)}.${String(Date.now())}`;
    for (const [i, path] of cache.paths.entries())
      if (await exists(join(workspace, path))) await copy(join(workspace, path), join(work, String(i)));
    if (!(await exists(work))) continue;
    if (await exists(place)) await rm(work, { recursive: true, force: true });
    else await rename(work, place);
  }
}

async function cachePlace(
  { stageDir, service }: WorkspaceOptions,
  { paths, keyFiles }: CachePlan,
  workspace: string,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(paths));
  for (const file of keyFiles) hash.update(await readFile(join(workspace, file)).catch(() => 'none'));
  return join(stageDir, 'cache', service, hash.digest('hex'));
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
