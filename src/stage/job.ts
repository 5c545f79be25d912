import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf, type ProcessIdentity } from '../processes.js';
import { noteBegun, noteRunner, runDir, scriptFile, workspaceDir, writeShipped } from './job-files.js';
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
}
/** More chunks than one try can have. */
const CHUNKS = 1_000_000;

/**
 * Starts the detached runner in the job's workspace. Says so in the job's folder before and after: whoever comes next attaches or knows
 * that it was lost. The runner gets what it writes as open files, so that the folder needs to be nobody's but the worker's.
 */
export async function startJob(job: string, command: JobCommand): Promise<ProcessIdentity> {
  const { script, user, reruns } = command;
  const [home, tmp] = [join(runDir(job), 'home'), join(runDir(job), 'tmp')];
  await Promise.all([
    mkdir(home, { recursive: true, mode: 0o700 }),
    mkdir(tmp, { recursive: true, mode: 0o700 }),
    writeFile(scriptFile(job), scriptText(script), { mode: user === undefined ? 0o600 : 0o644 }),
    writeShipped(job, { offset: 0, seq: reruns * CHUNKS, pending: 0, ended: false }),
  ]);
  await handOver([workspaceDir(job), home, tmp], user);
  await noteBegun(job);
  const env = { ...command.environment, HOME: home, TMPDIR: tmp, [JOB_TOKEN]: job };
  const child = await withFiles(job, (files) =>
    spawn('/bin/sh', ['-c', runnerText(), 'shipway-stage', scriptFile(job)], {
      cwd: workspaceDir(job),
      env,
      detached: true,
      stdio: ['ignore', ...files],
      ...user,
    }),
  );
  const pid = child.pid ?? 0;
  const identity = await identityOf(pid).catch(() => ({ pid, startTime: '' }));
  await noteRunner(job, identity);
  return identity;
}

/** Output twice, pid and exit code. Output is appended, so that what is too much can be cut while it grows. */
async function withFiles(
  job: string,
  start: (files: readonly number[]) => ChildProcess,
): Promise<ChildProcess> {
  const files: FileHandle[] = [];
  try {
    for (const name of ['output', 'pid', 'exit']) files.push(await open(join(job, name), 'a', 0o600));
    const [output = 0, pid = 0, exit = 0] = files.map((f) => f.fd);
    const child = start([output, output, pid, exit]);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

/** Each line is shown before it runs, as build logs do. */
const scriptText = (lines: readonly string[]): string =>
  lines.map((line) => `printf '%s\\n' ${quoted(`$ ${line}`)}\n${line}\n`).join('');
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
