import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NAME, VERSION } from '../domain/ids.js';
import type { RunStageResult } from '../domain/stage.js';
import { ShipwayError } from '../errors.js';
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
  return join(stageDir, 'jobs', run, `${stage}.${String(attempt)}`);
}

/** Holds what belongs to the commands: workspace, home and temporary files. It and all else in a job's folder is the worker's own. */
export const runDir = (job: string): string => join(job, 'run');
export const [WORKSPACE, HOME, TMP] = ['workspace', 'home', 'tmp'] as const;
/** The commands' `TMPDIR`. */
export const tmpDir = (job: string): string => join(runDir(job), TMP);
export const workspaceDir = (job: string): string => join(runDir(job), WORKSPACE);

const [SCRIPT, OUTPUT, EXIT, BEGUN] = ['script', 'output', 'exit', 'begun.json'] as const;
export const scriptFile = (job: string): string => join(job, SCRIPT);
export const outputFile = (job: string): string => join(job, OUTPUT);
/** The exit code, once there is one. */
export const exitFile = (job: string): string => join(job, EXIT);

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
  if (!isFolder(job)) return { kind: 'none' };
  const ended = endOf(job);
  if (ended !== undefined) return ended;
  if (readText(join(job, BEGUN)) === undefined) return { kind: 'prepared' };
  const process = await runner(job);
  if (process !== undefined) return { kind: 'running', process };
  const late = endOf(job);
  if (late !== undefined) return late;
  return { kind: isTimeout(job) ? 'timeout' : 'lost' };
}

/** How it has ended, if it left an exit code. */
export function endOf(job: string): JobState | undefined {
  const code = exitCode(job);
  if (code === undefined) return undefined;
  return isTimeout(job) ? { kind: 'timeout' } : { kind: 'ended', code };
}

/**
 * What every job's folder begins with, made once for a commit and copied: folders for the commands, and files to be written when every
 * millisecond counts, because to make a file takes longer than to write it. Others may pass through it to what is theirs, and read nothing.
 */
export async function makeJobTemplate(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o711 });
  await mkdir(runDir(folder), { mode: 0o711 });
  for (const part of [WORKSPACE, HOME, TMP]) await mkdir(join(runDir(folder), part), { mode: 0o700 });
  for (const name of [SCRIPT, OUTPUT, EXIT, `${BEGUN}.new`])
    await writeFile(join(folder, name), '', { mode: 0o600 });
}

/** The workflow execution that wants a job's end. */
export interface JobOwner {
  readonly workflowId: string;
  readonly runId: string;
}
interface BegunNote {
  readonly at: string;
  readonly owner: JobOwner;
  /** With its start time a pid is known for sure; empty when that could not be read. */
  readonly runner: ProcessIdentity;
}

/** Said before the command is started, so that it is never started twice by mistake; whole or not at all. */
export function noteBegun(job: string, owner: JobOwner, runner: ProcessIdentity): void {
  const note: BegunNote = { at: new Date().toISOString(), owner, runner };
  writeFileSync(join(job, `${BEGUN}.new`), JSON.stringify(note), { mode: 0o600 });
  renameSync(join(job, `${BEGUN}.new`), join(job, BEGUN));
}

/** Whose job it is. What a crash of the machine has swallowed is nobody's that is known. */
export const ownerOf = (job: string): JobOwner | undefined => readJson<BegunNote>(join(job, BEGUN))?.owner;

/** Epoch ms. A time that a crash of the machine has swallowed is now. */
export function begunAt(job: string): number {
  const at = Date.parse(readJson<BegunNote>(join(job, BEGUN))?.at ?? '');
  return Number.isNaN(at) ? Date.now() : at;
}

/** Said before a command that ran out of time is stopped, so that its end is known for what it is. */
export const noteTimeout = (job: string): Promise<void> =>
  writeFile(join(job, 'timeout'), '', { mode: 0o600 });
const isTimeout = (job: string): boolean => readText(join(job, 'timeout')) !== undefined;

async function runner(job: string): Promise<ProcessIdentity | undefined> {
  const noted = readJson<BegunNote>(join(job, BEGUN))?.runner;
  const now = noted === undefined ? undefined : await findIdentity(noted.pid);
  if (noted === undefined || now === undefined) return undefined;
  const same = noted.startTime === '' ? runs(noted.pid, job) : noted.startTime === now.startTime;
  return same ? now : undefined;
}

/** Whether the process is this job's runner: asked when its start time is not known. */
function runs(pid: number, job: string): boolean {
  const command = readText(`/proc/${String(pid)}/cmdline`);
  return command?.split('\0').includes(scriptFile(job)) ?? false;
}

function exitCode(job: string): number | undefined {
  const text = readText(exitFile(job));
  return text?.endsWith('\n') === true ? Number(text) : undefined;
}

/** How far the output has been shipped; `pending` bytes are on their way as chunk `seq`. */
export interface Shipped {
  readonly offset: number;
  readonly seq: number;
  readonly pending: number;
}
export const NOTHING_SHIPPED: Shipped = { offset: 0, seq: 0, pending: 0 };
export const readShipped = (job: string): Shipped =>
  readJson<Shipped>(join(job, 'shipped.json')) ?? NOTHING_SHIPPED;
export const writeShipped = (job: string, shipped: Shipped): Promise<void> =>
  writeJson(job, 'shipped.json', shipped);

/** What a stage that passed has left: said before its workspace goes, so that a retry that comes late finds it. */
export const readResult = (job: string): RunStageResult | undefined =>
  readJson<RunStageResult>(join(job, 'result.json'));
export const writeResult = (job: string, result: RunStageResult): Promise<void> =>
  writeJson(job, 'result.json', result);

export const forgetJob = (job: string): Promise<void> => rm(job, { recursive: true, force: true });

async function writeJson(job: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(job, `${name}.new`), JSON.stringify(value), { mode: 0o600 });
  await rename(join(job, `${name}.new`), join(job, name));
}

/** What a crash of the machine has left empty says nothing. */
function readJson<T>(file: string): T | undefined {
  const text = readText(file);
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as T);
}

/**
 * Notes of some bytes that were written a moment ago: read here and now, because to have another thread do it, four times for each,
 * takes longer than the stage's own command may.
 */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
