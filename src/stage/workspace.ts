import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { unpackArtifacts } from '../adapters/artifacts/tar.js';
import type { CachePlan } from '../domain/plan.js';
import { COMMIT, type ArtifactRef, type Digest } from '../domain/release.js';
import type { StageBackend } from '../domain/stage.js';
import { ShipwayError } from '../errors.js';
import { exists } from '../folders.js';
import { takenForUse } from '../touched.js';
import { restoreCaches } from './caches.js';
import { behind } from './behind.js';
import { orderAhead, takeAhead } from './order-ahead.js';
import { git } from './git.js';
import { makeJobTemplate, workspaceDir } from './job-files.js';
import { launched } from './launcher.js';

export interface WorkspaceOptions {
  readonly stageDir: string;
  readonly backend: Pick<StageBackend, 'getArtifact'>;
  readonly service: string;
  readonly commit: string;
  readonly source: Digest;
  readonly artifacts: readonly ArtifactRef[];
  readonly cache: readonly CachePlan[];
  /** The job's folder, which is not there yet: it is made, and the workspace in it. */
  readonly job: string;
}

/** Source, then what earlier stages declared, then caches; never what the last stage happened to leave. */
export async function makeWorkspace(options: WorkspaceOptions, signal: AbortSignal): Promise<string> {
  const place = checkoutDir(options.stageDir, options.commit);
  mkdirSync(dirname(options.job), { recursive: true, mode: 0o711 });
  if (!(await takeAhead(place, options.job, signal))) {
    await checkout(options, place, signal);
    await launched('copyTree', place, options.job);
  }
  const workspace = workspaceDir(options.job);
  for (const artifact of options.artifacts)
    await unpackArtifacts(await options.backend.getArtifact(artifact.digest), workspace);
  await restoreCaches(options, workspace);
  return workspace;
}

/** What a job begins with, made once and copied for every stage, with the commit as it is in the bundle. Fails with `source.invalid`. */
async function checkout(
  { backend, commit, source }: WorkspaceOptions,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  if (await takenForUse(place)) return;
  const work = `${place}.${randomUUID()}`;
  const bundle = `${work}.bundle`;
  await mkdir(dirname(work), { recursive: true, mode: 0o700 });
  try {
    await makeJobTemplate(work);
    await pipeline(
      Readable.from(await backend.getArtifact(source)),
      createWriteStream(bundle, { mode: 0o600 }),
    );
    await unbundled(workspaceDir(work), bundle, commit, signal);
    await rename(work, place);
  } catch (error) {
    // Another stage was quicker: what it made is the same.
    if (!(await exists(place))) throw error;
  } finally {
    await Promise.all([rm(work, { recursive: true, force: true }), rm(bundle, { force: true })]);
  }
}

/** Where it is checked out: nothing but a commit names a folder of sources. Fails with `source.invalid` for what is no commit. */
export function checkoutDir(stageDir: string, commit: string): string {
  if (!COMMIT.test(commit))
    throw new ShipwayError('source.invalid', `${JSON.stringify(commit)} is no commit`);
  return join(stageDir, 'checkouts', commit);
}

/** Has a commit that was checked out here before copied for the stage that comes next, behind whoever asks for it. */
export function copyAhead(stageDir: string, commit: string, failed: (error: unknown) => void): void {
  behind(async () => {
    const checkedOut = checkoutDir(stageDir, commit);
    if (await takenForUse(checkedOut)) await orderAhead(checkedOut);
  }, failed);
}

/** With as few files and folders of git's own as it can be: they are copied for every stage. */
async function unbundled(work: string, bundle: string, commit: string, signal: AbortSignal): Promise<void> {
  const unlogged = ['-c', 'core.logAllRefUpdates=false'];
  try {
    await git(work, ['init', '--quiet', '--template='], signal);
    const fetch = ['fetch', '--quiet', '--no-write-fetch-head', bundle, '+refs/*:refs/*'];
    await git(work, [...unlogged, ...fetch], signal);
    await git(work, [...unlogged, 'checkout', '--quiet', '--detach', commit], signal);
    await git(work, ['pack-refs', '--all'], signal);
    // One that is not there, or not empty after all, only costs to be copied.
    await Promise.allSettled(EMPTY.map((folder) => rmdir(join(work, '.git', folder))));
  } catch (error) {
    signal.throwIfAborted();
    throw new ShipwayError('source.invalid', `the source does not hold commit ${commit}`, { cause: error });
  }
}
/** What git makes when it needs it. */
const EMPTY = ['refs/heads', 'refs/tags', 'objects/info'];
