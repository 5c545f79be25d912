import { ActivityCancellationDetails } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ShipwayError } from '../../src/errors.js';
import { identityOf, isAlive } from '../../src/processes.js';
import { settled } from '../../src/stage/behind.js';
import { inspectJob, runDir } from '../../src/stage/job-files.js';
import { stopOrphans } from '../../src/stage/orphans.js';
import { stageLabOfFile, textOf } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();

let n = 0;
const file = (name: string): string => join(lab.folder, `${name}-${String((n += 1))}`);
/** A script that notes the pids of all that it starts: itself, a child that ignores SIGTERM, and one that has left the group. */
function stubborn() {
  const pids = file('pids');
  const script = [
    `echo $$ >> ${pids}`,
    `sh -c "trap '' TERM; echo \\$\\$ >> ${pids}; while :; do sleep 0.1; done" &`,
    `setsid sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 0.1; done' &`,
    `while [ "$(wc -l < ${pids})" -lt 3 ]; do sleep 0.02; done`,
    'echo ready; sleep 300',
  ];
  const all = async () => {
    const text = await textOf(pids, (t) => t.split('\n').length > 3);
    return Promise.all(
      text
        .trim()
        .split('\n')
        .map((pid) => identityOf(Number(pid))),
    );
  };
  return { script, all };
}
const living = async (of: readonly Awaited<ReturnType<typeof identityOf>>[]): Promise<number> =>
  (await Promise.all(of.map(isAlive))).filter(Boolean).length;

test('out of time, everything that was started ends, also what ignores SIGTERM or has left the group', async () => {
  const { script, all } = stubborn();
  lab.chunks.length = 0;
  const input = lab.input(source, { script, timeoutMs: 3_000 });
  const { result } = lab.attempt(input);
  const ended = expect(result).rejects.toMatchObject({
    type: 'stage.timeout',
    nonRetryable: true,
    message: 'stage work ran longer than 3 s and was stopped',
  });
  const started = await all();
  await ended;
  expect(await living(started)).toBe(0);
  // What was said last explains most.
  expect(await lab.output()).toContain('ready\n');
  expect(lab.chunks.at(-1)?.last).toBe(true);
  expect(lab.entries.at(-1)).toMatchObject({ event_type: 'stage.result', details: { timed_out: true } });
});

test('a script may clean up when it is stopped', async () => {
  lab.chunks.length = 0;
  const script = [
    "trap 'sleep 0.3; echo cleaned up; exit 3' TERM",
    'echo ready',
    'while :; do sleep 0.05; done',
  ];
  const { result } = lab.attempt(lab.input(source, { script, timeoutMs: 1_000 }));
  await expect(result).rejects.toMatchObject({ type: 'stage.timeout' });
  expect(await lab.output()).toContain('ready\n');
  expect(await lab.output()).toContain('cleaned up\n');
});

test('cancelled, everything ends too, and its last output is there', async () => {
  const { script, all } = stubborn();
  lab.chunks.length = 0;
  const { env, result } = lab.attempt(lab.input(source, { script }));
  const ended = expect(result).rejects.toMatchObject({ name: 'CancelledFailure' });
  const started = await all();
  env.cancel();
  await ended;
  expect(await living(started)).toBe(0);
  expect(lab.chunks.at(-1)?.last).toBe(true);
});

test('a worker that goes away leaves the command to the next one', async () => {
  const [go, counter] = [file('go'), file('counter')];
  const script = [`echo x >> ${counter}`, `while [ ! -e ${go} ]; do sleep 0.02; done`, 'echo through'];
  for (const details of [{ workerShutdown: true }, { timedOut: true }, { paused: true }, { reset: true }]) {
    const input = lab.input(source, { script });
    const { env, result } = lab.attempt(input);
    const left = expect(result).rejects.toMatchObject({ name: 'CancelledFailure' });
    await textOf(counter);
    env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails(details));
    await left;
    expect((await inspectJob(lab.job(input))).kind).toBe('running');
    const next = lab.attempt(input);
    await writeFile(go, '');
    await next.result;
    expect(await textOf(counter)).toBe('x\n');
    await Promise.all([rm(counter), rm(go)]);
  }
});

test.each([
  ['the run has ended: stopped', 'TERMINATED', false],
  ['the run goes on, so that another attempt will come: left', 'RUNNING', true],
  ['Temporal does not answer: left', undefined, true],
] as const)('an attempt that Temporal has forgotten; %s', async (_, status, goesOn) => {
  const describe = () =>
    status === undefined
      ? Promise.reject(new Error('unavailable'))
      : Promise.resolve({ status: { name: status } });
  const client = {
    workflow: { getHandle: () => ({ describe }) },
    withAbortSignal: (_signal: AbortSignal, call: () => unknown) => call(),
  } as unknown as Client;
  const started = file('started');
  const input = lab.input(source, { script: [`echo $$ > ${started}`, 'sleep 300'] });
  const { env, result } = lab.attempt(input, { options: { client } });
  const left = expect(result).rejects.toMatchObject({ name: 'CancelledFailure' });
  const command = await identityOf(Number(await textOf(started)));
  env.cancel('NOT_FOUND', new ActivityCancellationDetails({ notFound: true }));
  await left;
  expect(await isAlive(command)).toBe(goesOn);
  if (!goesOn) return;
  const last = lab.attempt(input);
  setTimeout(() => last.env.cancel(), 200);
  await expect(last.result).rejects.toThrow();
  expect(await isAlive(command)).toBe(false);
});

test('the time runs from when the command began, whoever has waited for it since', async () => {
  const started = file('started');
  const input = lab.input(source, { script: [`echo $$ > ${started}`, 'sleep 300'], timeoutMs: 4_000 });
  const { env, result } = lab.attempt(input);
  const left = expect(result).rejects.toThrow();
  await textOf(started);
  const at = Date.now();
  await new Promise((r) => setTimeout(r, 2_500));
  env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
  await left;
  // A whole new timeout would be over after 6.5 s at the earliest.
  const next = lab.attempt(input);
  await expect(next.result).rejects.toMatchObject({ type: 'stage.timeout' });
  expect(Date.now() - at).toBeGreaterThan(3_500);
  expect((await stat(join(lab.job(input), 'timeout'))).mtimeMs - at).toBeLessThan(6_400);
});

test('a timeout is one for whoever comes after it, also when nobody could say so at once', async () => {
  const input = lab.input(source, { script: ['sleep 300'], timeoutMs: 500 });
  const gone = () => Promise.reject(new ShipwayError('store.unavailable', 'gone'));
  const first = lab.attempt(input, { deps: { backend: { ...lab.backend, appendLog: gone } } });
  await expect(first.result).rejects.toThrow('gone');
  await expect(lab.attempt(input).result).rejects.toMatchObject({ type: 'stage.timeout' });
});

/** What a worker does that comes back, and finds that all runs go on or none. */
async function cameBack(goesOn: boolean) {
  const owners: unknown[] = [];
  const stopped = await stopOrphans({
    stageDir: lab.stageDir,
    goesOn: (owner) => {
      owners.push(owner);
      return Promise.resolve(goesOn);
    },
    signal: new AbortController().signal,
  });
  return { owners, stopped };
}

test('a worker that comes back removes the workspaces of runs that ended meanwhile', async () => {
  await settled();
  const input = lab.input(source, { script: ['true'] });
  await lab.attempt(input).result;
  await cameBack(true);
  await stat(runDir(lab.job(input)));
  expect((await cameBack(false)).stopped).toEqual([]);
  await expect(stat(runDir(lab.job(input)))).rejects.toThrow('ENOENT');
  expect((await inspectJob(lab.job(input))).kind).toBe('ended');
});

test('a worker that comes back stops the commands of runs that ended meanwhile, and no others', async () => {
  await settled();
  const { script, all } = stubborn();
  const input = lab.input(source, { script });
  const { env, result } = lab.attempt(input);
  const left = expect(result).rejects.toThrow();
  const started = await all();
  env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
  await left;
  const { workflowId, runId } = env.context.info.workflowExecution ?? {};
  expect(await cameBack(true)).toEqual({ stopped: [], owners: [{ workflowId, runId }] });
  expect(await living(started)).toBe(started.length);
  expect(await cameBack(false)).toMatchObject({ stopped: [lab.job(input)] });
  expect(await living(started)).toBe(0);
});
