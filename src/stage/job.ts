import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf, isAlive, type ProcessIdentity } from '../processes.js';
import {
  HOME,
  NOTHING_SHIPPED,
  TMP,
  exitFile,
  noteBegun,
  outputFile,
  type JobOwner,
  runDir,
  scriptFile,
  workspaceDir,
  writeShipped,
} from './job-files.js';
import { handOver, type StageUser } from './user.js';

/** Read once, when the first stage runs: the same text for every job, all that varies is an argument. */
let runner: string | undefined;
const runnerText = (): string =>
  (runner ??= readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'runner.sh'), 'utf8'));

/** The name under which everything that a job starts carries whose it is. */
export const JOB_TOKEN = 'SHIPWAY_JOB';

export interface JobCommand {
  readonly script: readonly string[];
  /** The lines are shipway's own, and not shown. */
  readonly quiet: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** How often this job was lost before: chunks of its output are numbered beyond those of the times before. */
  readonly reruns: number;
  readonly user: StageUser | undefined;
}
/** More chunks than one try can have. */
const CHUNKS = 1_000_000;

/** Puts down what the runner needs beside its workspace. Done again, it is the same. */
async function layOut(job: string, { script, quiet, reruns, user }: JobCommand): Promise<void> {
  writeFileSync(scriptFile(job), quiet ? `${script.join('\n')}\n` : scriptText(script), { mode: 0o600 });
  if (user !== undefined) chmodSync(scriptFile(job), 0o644);
  if (reruns > 0) await writeShipped(job, { ...NOTHING_SHIPPED, seq: reruns * CHUNKS });
}

/** A runner that has not begun. */
interface Ready {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
}
const ready = new Map<string, Ready>();

/**
 * Starts the detached runner in the job's workspace, where it waits for leave to begin: what must be recorded before that can be recorded
 * meanwhile. It ends with the launcher, if that ends first. The runner gets what it writes as open files, so that the folder needs to be
 * nobody's but the worker's. The launcher has nothing else to serve, so small files are written here and now: to have another thread do it
 * takes longer.
 */
export async function readyJob(job: string, command: JobCommand): Promise<void> {
  const { user } = command;
  const [home, tmp] = [join(runDir(job), HOME), join(runDir(job), TMP)];
  await layOut(job, command);
  await handOver([workspaceDir(job), home, tmp], user);
  const env = { ...command.environment, HOME: home, TMPDIR: tmp, [JOB_TOKEN]: job };
  const files: number[] = [];
  // Appended to, so that what is too much can be cut while it grows.
  const opened = (path: string): number => {
    const file = openSync(path, 'a', 0o600);
    files.push(file);
    return file;
  };
  try {
    const [output, exit] = [opened(outputFile(job)), opened(exitFile(job))];
    const child = spawn('/bin/sh', ['-c', runnerText(), 'shipway-stage', scriptFile(job)], {
      cwd: workspaceDir(job),
      env,
      detached: true,
      stdio: ['pipe', output, output, exit],
      ...user,
    });
    await spawned(child);
    // What is written to one that was killed must not end the launcher; that it was is seen when it is to begin, or by its job's folder.
    child.stdin?.on('error', () => undefined);
    const { pid: id = 0 } = child;
    // One that has no start time that can be read runs all the same, and is known by its command.
    const identity = await identityOf(id).catch(() => ({ pid: id, startTime: '' }));
    ready.set(job, { child, identity });
  } finally {
    for (const file of files) closeSync(file);
  }
}

/**
 * Lets it begin, and says so in the job's folder before: whoever comes next attaches or knows that it was lost. `undefined` when none is
 * ready: the launcher that had it ready has ended since, or somebody has killed it. Nothing has begun then.
 */
export async function beginJob(job: string, owner: JobOwner): Promise<ProcessIdentity | undefined> {
  const waiting = ready.get(job);
  if (waiting === undefined || !(await waits(waiting))) return undefined;
  noteBegun(job, owner, waiting.identity);
  ready.delete(job);
  waiting.child.stdin?.end('go\n');
  return waiting.identity;
}

/** It may have been killed a moment ago, and nobody has been told yet: so the system is asked, about one whose start time is known. */
const waits = async ({ child, identity }: Ready): Promise<boolean> =>
  child.exitCode === null &&
  child.signalCode === null &&
  (identity.startTime === '' || (await isAlive(identity)));

/** It is not to begin after all. Nothing happens when none is ready. */
export function dropJob(job: string): Promise<void> {
  ready.get(job)?.child.stdin?.end();
  ready.delete(job);
  return Promise.resolve();
}

async function spawned(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
}

/** Each line is shown before it runs, as build logs do. */
const scriptText = (lines: readonly string[]): string =>
  lines.map((line) => `printf '%s\\n' ${quoted(`$ ${line}`)}\n${line}\n`).join('');
/** As one word of a shell, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
