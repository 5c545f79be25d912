import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NAME, VERSION } from '../domain/ids.js';
import type { RunStageResult } from '../domain/stage.js';
import { ShipwayError } from '../errors.js';
import { ifGone } from '../if-gone.js';
import { findIdentity, type ProcessIdentity } from '../processes.js';

/** Names one run of one stage's commands: its folder is where a worker finds it again. */
export interface JobName {
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
}

/** The parts come from a workflow's input, and whoever can start workflows must not choose folders: `internal.bug` for what is no name. */
export function jobDir(stageDir: string, { run, stage, attempt }: JobName): string {
  if (!VERSION.test(run) || !NAME.test(stage) || !Number.isInteger(attempt))
    throw new ShipwayError('internal.bug', `${JSON.stringify({ run, stage, attempt })} is no name of a job`);
  return join(stageDir, 'jobs', run, stage, String(attempt));
}

/** Holds what belongs to the commands: workspace, home and temporary files. It and all else in a job's folder is the worker's own. */
export const runDir = (job: string): string => join(job, 'run');
export const [WORKSPACE, HOME, TMP] = ['workspace', 'home', 'tmp'] as const;
export const workspaceDir = (job: string): string => join(runDir(job), WORKSPACE);

export type JobState =
  | { readonly kind: 'none' }
  /** Its folder is there, and its command has never been started. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'running'; readonly process: ProcessIdentity }
  | { readonly kind: 'ended'; readonly code: number }
  /** It ran out of time and was stopped. */
  | { readonly kind: 'timeout' }
  /** It was begun, does not run, and left no exit code. */
  | { readonly kind: 'lost' };

/** What a job's folder says. */
export async function inspectJob(job: string): Promise<JobState> {
  if (!(await isFolder(job))) return { kind: 'none' };
  const ended = await endOf(job);
  if (ended !== undefined) return ended;
  if ((await readText(join(job, BEGUN))) === undefined) return { kind: 'prepared' };
  const process = await runner(job);
  if (process !== undefined) return { kind: 'running', process };
  const late = await endOf(job);
  if (late !== undefined) return late;
  return { kind: (await isTimeout(job)) ? 'timeout' : 'lost' };
}

/** How it has ended, if it left an exit code. */
export async function endOf(job: string): Promise<JobState | undefined> {
  const code = await exitCode(job);
  if (code === undefined) return undefined;
  return (await isTimeout(job)) ? { kind: 'timeout' } : { kind: 'ended', code };
}

/** Makes the folder. Others may pass through it to what is theirs, and read nothing. */
export async function prepareJob(job: string): Promise<void> {
  await mkdir(job, { recursive: true, mode: 0o711 });
}

/** The workflow execution that wants a job's end. */
export interface JobOwner {
  readonly workflowId: string;
  readonly runId: string;
}
interface BegunNote {
  readonly at: string;
  readonly owner: JobOwner;
}

/** Said before the command is started, so that it is never started twice by mistake; whole or not at all. */
export function noteBegun(job: string, owner: JobOwner): void {
  const note: BegunNote = { at: new Date().toISOString(), owner };
  writeFileSync(join(job, `${BEGUN}.new`), JSON.stringify(note), { mode: 0o600 });
  renameSync(join(job, `${BEGUN}.new`), join(job, BEGUN));
}
const BEGUN = 'begun.json';

/** Whose job it is. What a crash of the machine has swallowed is nobody's that is known. */
export const ownerOf = async (job: string): Promise<JobOwner | undefined> =>
  (await readJson<BegunNote>(join(job, BEGUN)))?.owner;

/** Epoch ms. A time that a crash of the machine has swallowed is now. */
export async function begunAt(job: string): Promise<number> {
  const at = Date.parse((await readJson<BegunNote>(join(job, BEGUN)))?.at ?? '');
  return Number.isNaN(at) ? Date.now() : at;
}

/** Said before a command that ran out of time is stopped, so that its end is known for what it is. */
export const noteTimeout = (job: string): Promise<void> =>
  writeFile(join(job, 'timeout'), '', { mode: 0o600 });
const isTimeout = async (job: string): Promise<boolean> =>
  (await readText(join(job, 'timeout'))) !== undefined;

/** What the worker adds to the pid that the runner itself has said: with its start time a pid is known for sure. */
export const runnerLine = ({ pid, startTime }: ProcessIdentity): string => `${String(pid)} ${startTime}\n`;

async function runner(job: string): Promise<ProcessIdentity | undefined> {
  const said = (await readText(join(job, 'pid'))) ?? '';
  const pid = Number.parseInt(said, 10);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const now = await findIdentity(pid);
  if (now === undefined) return undefined;
  const startTime = /^\d+ (.+)\n/m.exec(said)?.[1];
  const same = startTime === undefined ? await runs(pid, job) : startTime === now.startTime;
  return same ? now : undefined;
}

/** Whether the process is this job's runner: asked when the worker died before it had noted its start time. */
async function runs(pid: number, job: string): Promise<boolean> {
  const command = await readText(`/proc/${String(pid)}/cmdline`);
  return command?.split('\0').includes(scriptFile(job)) ?? false;
}
export const scriptFile = (job: string): string => join(job, 'script');

async function exitCode(job: string): Promise<number | undefined> {
  const text = await readText(join(job, 'exit'));
  return text?.endsWith('\n') === true ? Number(text) : undefined;
}

/** How far the output has been shipped; `pending` bytes are on their way as chunk `seq`. */
export interface Shipped {
  readonly offset: number;
  readonly seq: number;
  readonly pending: number;
}
export const NOTHING_SHIPPED: Shipped = { offset: 0, seq: 0, pending: 0 };
export const readShipped = async (job: string): Promise<Shipped> =>
  (await readJson<Shipped>(join(job, 'shipped.json'))) ?? NOTHING_SHIPPED;
export const writeShipped = (job: string, shipped: Shipped): Promise<void> =>
  writeJson(job, 'shipped.json', shipped);

/** What a stage that passed has left: said before its workspace goes, so that a retry that comes late finds it. */
export const readResult = (job: string): Promise<RunStageResult | undefined> =>
  readJson<RunStageResult>(join(job, 'result.json'));
export const writeResult = (job: string, result: RunStageResult): Promise<void> =>
  writeJson(job, 'result.json', result);

export const forgetJob = (job: string): Promise<void> => rm(job, { recursive: true, force: true });

async function writeJson(job: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(job, `${name}.new`), JSON.stringify(value), { mode: 0o600 });
  await rename(join(job, `${name}.new`), join(job, name));
}

/** What a crash of the machine has left empty says nothing. */
async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readText(file);
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as T);
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

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(ifGone))?.isDirectory() === true;
