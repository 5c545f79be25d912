import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { membersOf } from '../../src/adapters/providers/process-find.js';
import { ShipwayError } from '../../src/errors.js';
import { exists } from '../../src/folders.js';
import { isAlive, identityOf, type ProcessIdentity } from '../../src/processes.js';
import { inspectJob } from '../../src/stage/job-files.js';
import { JOB_TOKEN } from '../../src/stage/job.js';
import { stageLabOfFile, type Attempt } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();

/** A stage whose runner is ready while the record of its intent has not come through. */
async function ready(onLost: 'rerun' | 'fail' = 'rerun') {
  const marker = join(lab.folder, `ran-${String((n += 1))}`);
  const input = lab.input(source, { script: [`echo x >> ${marker}`], onLost });
  let settle: (error?: Error) => void = () => undefined;
  const held = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error === undefined) resolve();
      else reject(error);
    };
  });
  const audit: Attempt['deps'] = {
    backend: {
      ...lab.backend,
      audit: async (entries) => {
        await held;
        return lab.backend.audit(entries);
      },
    },
  };
  const attempt = lab.attempt(input, { deps: audit });
  attempt.result.catch(() => undefined);
  const job = lab.job(input);
  return { ...attempt, input, job, marker, settle, runner: await waitingRunner(job) };
}
let n = 0;

/** The runner, once the shell that waits for leave to run the script is there. */
async function waitingRunner(job: string): Promise<ProcessIdentity> {
  const waiting = (): Promise<readonly ProcessIdentity[]> => membersOf(job, undefined, JOB_TOKEN);
  await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(2);
  const [one, other] = await waiting();
  const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(one?.pid)]);
  const runner = Number(stdout) === other?.pid ? other : one;
  return identityOf(runner?.pid ?? NaN);
}

/** Nothing has begun, and nothing waits any more. */
async function nothingOf({ job, marker, runner }: Awaited<ReturnType<typeof ready>>): Promise<void> {
  await expect.poll(() => isAlive(runner), { timeout: 10_000 }).toBe(false);
  expect(await membersOf(job, undefined, JOB_TOKEN)).toEqual([]);
  expect(await exists(marker)).toBe(false);
  expect(await inspectJob(job)).toEqual({ kind: 'prepared' });
}

test('begins after its intent is recorded, and not before', async () => {
  const stage = await ready();
  expect(await inspectJob(stage.job)).toEqual({ kind: 'prepared' });
  expect(await isAlive(stage.runner)).toBe(true);
  expect(await exists(stage.marker)).toBe(false);
  stage.settle();
  await stage.result;
  expect(await readFile(stage.marker, 'utf8')).toBe('x\n');
});

test('does not begin when its intent cannot be recorded, and leaves nobody waiting', async () => {
  const stage = await ready();
  stage.settle(new ShipwayError('store.unavailable', 'down'));
  await expect(stage.result).rejects.toMatchObject({ type: 'store.unavailable' });
  await nothingOf(stage);
});

test('does not begin when it is cancelled meanwhile', async () => {
  const stage = await ready();
  stage.env.cancel();
  stage.settle();
  await expect(stage.result).rejects.toThrow();
  await nothingOf(stage);
});

test.each([
  ['the launcher', async () => launcher()],
  ['the runner', async ({ runner }: { runner: { pid: number } }) => Promise.resolve(runner.pid)],
])('%s is killed meanwhile: nothing is lost, and it is tried again', async (_, victim) => {
  const stage = await ready('fail');
  process.kill(await victim(stage), 'SIGKILL');
  await expect.poll(() => isAlive(stage.runner), { timeout: 10_000 }).toBe(false);
  stage.settle();
  await expect(stage.result).rejects.toMatchObject({ type: 'stage.unavailable', nonRetryable: false });
  await nothingOf(stage);
  const info = { attempt: 2, heartbeatDetails: stage.beats.at(-1) };
  await lab.attempt(stage.input, { info }).result;
  expect(await readFile(stage.marker, 'utf8')).toBe('x\n');
});

async function launcher(): Promise<number> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(process.pid), '-f', 'launcher-child']);
  return Number(stdout.trim().split('\n')[0]);
}
