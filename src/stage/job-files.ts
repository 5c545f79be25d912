import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStageResult } from '../domain/stage.js';
import { identityOf, type ProcessIdentity } from '../processes.js';

/** Names one run of one stage's commands: its folder is where a worker finds it again. */
export interface JobName {
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
}
export const jobDir = (stageDir: string, { run, stage, attempt }: JobName): string =>
  join(stageDir, 'jobs', run, stage, String(attempt));

export type JobState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly process: ProcessIdentity }
  | { readonly kind: 'ended'; readonly code: number }
  /** It was begun, does not run, and left no exit code. */
  | { readonly kind: 'lost' };

/** What a job's folder says. */
export async function inspectJob(job: string): Promise<JobState> {
  const code = await exitCode(job);
  if (code !== undefined) return { kind: 'ended', code };
  const begun = await readText(join(job, 'begun'));
  if (begun === undefined) return { kind: 'none' };
  const process = await runner(job);
  if (process !== undefined) return { kind: 'running', process };
  const late = await exitCode(job);
  return late === undefined ? { kind: 'lost' } : { kind: 'ended', code: late };
}

/** Said before the command is started, so that it is never started twice by mistake. */
export async function noteBegun(job: string): Promise<void> {
  await mkdir(job, { recursive: true, mode: 0o700 });
  await writeFile(join(job, 'begun'), new Date().toISOString());
}

/** Said after: with its start time a pid is known for sure. */
export const noteRunner = (job: string, identity: ProcessIdentity): Promise<void> =>
  writeJson(job, 'runner.json', identity);

async function runner(job: string): Promise<ProcessIdentity | undefined> {
  const noted = await readJson<ProcessIdentity>(join(job, 'runner.json'));
  const pid = noted?.pid ?? Number(await readText(join(job, 'pid')));
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const now = await identityOf(pid).catch(() => undefined);
  if (now === undefined || (noted !== undefined && noted.startTime !== now.startTime)) return undefined;
  return noted !== undefined || (await runs(pid, job)) ? now : undefined;
}

/** Whether the process is this job's runner: asked when the worker died before it had noted its start time. */
async function runs(pid: number, job: string): Promise<boolean> {
  const command = await readText(`/proc/${String(pid)}/cmdline`);
  return command?.split('\0').includes(job) ?? false;
}

export async function exitCode(job: string): Promise<number | undefined> {
  const text = await readText(join(job, 'exit'));
  return text?.endsWith('\n') === true ? Number(text) : undefined;
}

/** How far the output has been shipped; `pending` bytes are on their way as chunk `seq`. */
export interface Shipped {
  readonly offset: number;
  readonly seq: number;
  readonly pending: number;
  /** The last chunk has been shipped. */
  readonly ended: boolean;
}
export const readShipped = async (job: string): Promise<Shipped> =>
  (await readJson<Shipped>(join(job, 'shipped.json'))) ?? { offset: 0, seq: 0, pending: 0, ended: false };
export const writeShipped = (job: string, shipped: Shipped): Promise<void> =>
  writeJson(job, 'shipped.json', shipped);

/** What a job that passed has made, noted when all of it is kept: whoever comes after that has nothing left to do. */
export const noteResult = (job: string, result: RunStageResult): Promise<void> =>
  writeJson(job, 'result.json', result);
export const readResult = (job: string): Promise<RunStageResult | undefined> =>
  readJson<RunStageResult>(join(job, 'result.json'));

export const forgetJob = (job: string): Promise<void> => rm(job, { recursive: true, force: true });

async function writeJson(job: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(job, `${name}.new`), JSON.stringify(value));
  await rename(join(job, `${name}.new`), join(job, name));
}

async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readText(file);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
