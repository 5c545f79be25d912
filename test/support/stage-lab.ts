import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createReadStream } from 'node:fs';
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment, type MockActivityEnvironmentOptions } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll } from 'vitest';
import { failing } from '../../activities/failure.js';
import { runStage } from '../../activities/run-stage.js';
import type { StageDeps } from '../../activities/stage-job.js';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import { DEFAULT_RETENTION } from '../../src/domain/retention.js';
import type { AuditEntry } from '../../src/domain/audit.js';
import type { CommandStage } from '../../src/domain/plan.js';
import type { ArtifactStore } from '../../src/domain/ports.js';
import type { Digest } from '../../src/domain/release.js';
import type { RunStageInput, RunStageResult, StageBackend } from '../../src/domain/stage.js';
import type { LogChunk } from '../../src/domain/store.js';
import { settled } from '../../src/stage/behind.js';
import { jobDir } from '../../src/stage/job-files.js';
import { commandStage } from './plans.js';

const run = promisify(execFile);
const SILENT = new DefaultLogger('ERROR', () => undefined);

export interface Source {
  readonly commit: string;
  readonly source: Digest;
}
export interface StageLab {
  readonly folder: string;
  readonly stageDir: string;
  readonly artifacts: ArtifactStore;
  readonly backend: StageBackend;
  readonly entries: AuditEntry[];
  readonly chunks: LogChunk[];
  /** A commit with these files, and what lies in `folder`, as the client uploads it. */
  commit(files: Readonly<Record<string, string>>, folder?: string): Promise<Source>;
  input(of: Source, stage?: Partial<CommandStage>, more?: Partial<RunStageInput>): RunStageInput;
  /** One attempt of the activity, as a worker of this machine runs it. */
  attempt(input: RunStageInput, more?: Attempt): Running;
  job(input: RunStageInput): string;
  /** All shipped output, in order; each chunk number counts once, as the store has it. */
  output(): Promise<string>;
  end(): Promise<void>;
}
export interface Attempt {
  readonly info?: Partial<Info>;
  readonly options?: MockActivityEnvironmentOptions;
  readonly deps?: Partial<StageDeps>;
}
export interface Running {
  readonly env: MockActivityEnvironment;
  readonly beats: unknown[];
  readonly result: Promise<RunStageResult>;
}

/** The lab of a whole test file with a commit of these files, which ends with it. */
export async function stageLabOfFile(
  files: Readonly<Record<string, string>> = { 'README.md': 'shop\n' },
): Promise<{ readonly lab: StageLab; readonly source: Source }> {
  const lab = await stageLab();
  afterAll(() => lab.end());
  return { lab, source: await lab.commit(files) };
}

/** The activity on real processes, with an artifact store in a folder and everything else recorded. */
async function stageLab(): Promise<StageLab> {
  const folder = await mkdtemp(join(tmpdir(), 'stage-'));
  const stageDir = join(folder, 'stages');
  const artifacts = localArtifacts({ directory: join(folder, 'artifacts') });
  const entries: AuditEntry[] = [];
  const chunks: LogChunk[] = [];
  const backend: StageBackend = {
    putArtifact: (content) => artifacts.put(content),
    getArtifact: (digest) => artifacts.get(digest),
    appendLog: (chunk) => {
      const known = (c: LogChunk): boolean =>
        c.run === chunk.run && c.stage === chunk.stage && c.attempt === chunk.attempt && c.seq === chunk.seq;
      if (!chunks.some(known)) chunks.push(chunk);
      return Promise.resolve();
    },
    audit: (more) => {
      entries.push(...more);
      return Promise.resolve();
    },
    retention: () => Promise.resolve(DEFAULT_RETENTION),
  };
  let runs = 0;
  const lab: StageLab = {
    ...{ folder, stageDir, artifacts, backend, entries, chunks },
    commit: async (files, repository) =>
      committed(repository ?? (await mkdtemp(join(folder, 'repository-'))), artifacts, files),
    input: (of, stage = {}, more = {}) => ({
      ...{ run: `r${String((runs += 1))}`, service: 'shop', environment: 'production', version: 'v1' },
      ...{ ...of, stage: commandStage('work', stage) as CommandStage, artifacts: [], attempt: 1 },
      ...{ requestedBy: 'alice', followed: false, ...more },
    }),
    attempt(input, { info = {}, options = {}, deps = {} } = {}) {
      const env = new MockActivityEnvironment(info, { logger: SILENT, ...options });
      const beats: unknown[] = [];
      env.on('heartbeat', (beat) => beats.push(beat));
      const activity = failing(runStage({ backend, stageDir, hostId: 'here', ...deps }));
      return { env, beats, result: env.run(activity, input) };
    },
    job: (input) => jobDir(stageDir, { run: input.run, stage: input.stage.name, attempt: input.attempt }),
    async output() {
      const parts: Buffer[] = [];
      for (const { digest } of [...chunks].sort((a, b) => a.attempt - b.attempt || a.seq - b.seq))
        for await (const part of await artifacts.get(digest)) parts.push(Buffer.from(part));
      return Buffer.concat(parts).toString('latin1');
    },
    end: async () => {
      await settled();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return lab;
}

/** Makes a commit of these files, and of what lies in `repository`, and puts it into the store as the client does. */
export async function committed(
  repository: string,
  artifacts: ArtifactStore,
  files: Readonly<Record<string, string>>,
): Promise<Source> {
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args], { cwd: repository });
  await git('init', '-q', '-b', 'main');
  for (const [path, content] of Object.entries({ '.keep': '', ...files })) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), content);
  }
  await git('add', '-A', '-f');
  await git('commit', '-q', '-m', 'all');
  await git('bundle', 'create', '-q', 'bundle', 'main');
  const { digest } = await artifacts.put(createReadStream(join(repository, 'bundle')));
  return { commit: (await git('rev-parse', 'HEAD')).stdout.trim(), source: digest };
}

/** Waits for the text of a file that a command writes. */
export async function textOf(path: string, whole: (text: string) => boolean = (t) => t.endsWith('\n')) {
  for (let i = 0; i < 1_000; i++) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (whole(text)) return text;
    await new Promise((r) => setTimeout(r, 20));
  }
  throw new Error(`waited in vain for ${path}`);
}
