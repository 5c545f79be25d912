import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShipwayError } from '../errors.js';
import { identityOf, stopProcess, type ProcessIdentity } from '../processes.js';
import { exitCode, inspectJob, noteBegun, noteRunner } from './job-files.js';

const RUNNER = join(dirname(fileURLToPath(import.meta.url)), 'runner.sh');
const GRACE_MS = 5_000;
/** The folder is watched; this is for a file system that tells nothing, and for a runner that is killed. */
const LOOK_MS = 500;

export interface JobCommand {
  readonly script: readonly string[];
  readonly workspace: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the detached runner. Says so in the job's folder before and after: whoever comes next attaches or knows that it was lost. */
export async function startJob(
  job: string,
  { script, workspace, environment }: JobCommand,
): Promise<ProcessIdentity> {
  await Promise.all([
    mkdir(join(job, 'home'), { recursive: true }),
    mkdir(join(job, 'tmp'), { recursive: true }),
  ]);
  await writeFile(join(job, 'script'), scriptText(script), { mode: 0o600 });
  await noteBegun(job);
  const env = { ...environment, HOME: join(job, 'home'), TMPDIR: join(job, 'tmp') };
  const child = spawn('/bin/sh', [RUNNER, job], { cwd: workspace, env, detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const pid = child.pid ?? 0;
  const identity = await identityOf(pid).catch(() => ({ pid, startTime: '' }));
  await noteRunner(job, identity);
  return identity;
}

/** Each line is shown before it runs, as build logs do. */
const scriptText = (lines: readonly string[]): string =>
  lines.map((line) => `printf '%s\\n' ${quoted(`$ ${line}`)}\n${line}\n`).join('');
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Waits for the exit code. Interrupted or out of time it stops the command and all it started, and fails. */
export async function awaitJob(
  job: string,
  process: ProcessIdentity,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number> {
  const over = AbortSignal.timeout(timeoutMs);
  const ended = await firstOf(job, AbortSignal.any([signal, over]));
  if (ended !== undefined) return ended;
  await stopJob(process);
  signal.throwIfAborted();
  if (over.aborted)
    throw new ShipwayError(
      'stage.timeout',
      `it ran longer than ${String(timeoutMs / 1000)} s and was stopped`,
    );
  throw new ShipwayError('stage.lost', 'its process was killed from outside');
}

/** The whole process group: what ignores SIGTERM, and what outlives its parent. */
async function stopJob(process: ProcessIdentity): Promise<void> {
  await stopProcess(process, { graceMs: GRACE_MS, group: true });
  try {
    globalThis.process.kill(-process.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The exit code; `undefined` when the runner is gone without one, or `stop` came first. */
function firstOf(job: string, stop: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const watcher = watch(job);
    const finish = (code: number | undefined): void => {
      watcher.close();
      clearInterval(timer);
      stop.removeEventListener('abort', stopped);
      resolve(code);
    };
    const stopped = (): void => {
      finish(undefined);
    };
    const look = async (): Promise<void> => {
      const code = await exitCode(job);
      if (code !== undefined) finish(code);
    };
    const lookCloser = async (): Promise<void> => {
      const state = await inspectJob(job);
      if (state.kind !== 'running') finish(state.kind === 'ended' ? state.code : undefined);
    };
    const timer = setInterval(() => void lookCloser().catch(reject), LOOK_MS);
    watcher.on('change', (_event, name) => {
      if (name === 'exit') look().catch(reject);
    });
    stop.addEventListener('abort', stopped);
    if (stop.aborted) stopped();
    else look().catch(reject);
  });
}
