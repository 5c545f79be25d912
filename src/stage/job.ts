import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf, type ProcessIdentity } from '../processes.js';
import {
  HOME,
  NOTHING_SHIPPED,
  TMP,
  noteBegun,
  type JobOwner,
  runDir,
  runnerLine,
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
  readonly environment: Readonly<Record<string, string>>;
  /** How often this job was lost before: chunks of its output are numbered beyond those of the times before. */
  readonly reruns: number;
  readonly user: StageUser | undefined;
  readonly owner: JobOwner;
}
/** More chunks than one try can have. */
const CHUNKS = 1_000_000;

/** Puts down what the runner needs beside its workspace. Done again, it is the same. */
async function layOut(job: string, { script, reruns, user }: JobCommand): Promise<void> {
  writeFileSync(scriptFile(job), scriptText(script), { mode: user === undefined ? 0o600 : 0o644 });
  if (reruns > 0) await writeShipped(job, { ...NOTHING_SHIPPED, seq: reruns * CHUNKS });
}

/**
 * Starts the detached runner in the job's workspace. Says so in the job's folder before and after: whoever comes next attaches or knows
 * that it was lost. The runner gets what it writes as open files, so that the folder needs to be nobody's but the worker's. The launcher
 * has nothing else to serve, so small files are written here and now: to have another thread do it takes longer.
 */
export async function startJob(job: string, command: JobCommand): Promise<ProcessIdentity> {
  const { user } = command;
  const [home, tmp] = [join(runDir(job), HOME), join(runDir(job), TMP)];
  await layOut(job, command);
  await handOver([workspaceDir(job), home, tmp], user);
  noteBegun(job, command.owner);
  const env = { ...command.environment, HOME: home, TMPDIR: tmp, [JOB_TOKEN]: job };
  const files: number[] = [];
  // Appended to, so that what is too much can be cut while it grows.
  const opened = (name: string): number => {
    const file = openSync(join(job, name), 'a', 0o600);
    files.push(file);
    return file;
  };
  try {
    const [output, pid, exit] = [opened('output'), opened('pid'), opened('exit')];
    const child = spawn('/bin/sh', ['-c', runnerText(), 'shipway-stage', scriptFile(job)], {
      cwd: workspaceDir(job),
      env,
      detached: true,
      stdio: ['ignore', output, output, pid, exit],
      ...user,
    });
    await spawned(child);
    const { pid: id = 0 } = child;
    // One that has ended already has no start time. One that has none that can be read runs all the same, and is known by its command.
    const identity = await identityOf(id).catch(() => ({ pid: id, startTime: '' }));
    appendFileSync(pid, runnerLine(identity));
    return identity;
  } finally {
    for (const file of files) closeSync(file);
  }
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
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
