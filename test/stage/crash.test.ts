import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { ShipwayError } from '../../src/errors.js';
import { identityOf, isAlive } from '../../src/processes.js';
import { inspectJob } from '../../src/stage/job-files.js';
import type { StageBackend } from '../../src/domain/stage.js';
import { settled } from '../../src/stage/behind.js';
import { stageLabOfFile, textOf, type StageLab } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();
beforeEach(() => {
  lab.chunks.length = lab.entries.length = 0;
});

let n = 0;
const file = (name: string): string => join(lab.folder, `${name}-${String((n += 1))}`);
const counting = (counter: string, ...more: string[]) => [`echo x >> ${counter}`, ...more];
const beat = (host?: string, reruns = 0) => ({
  info: { heartbeatDetails: { ...(host === undefined ? {} : { host }), reruns } },
});
const DOWN = (): Promise<never> => Promise.reject(new ShipwayError('store.unavailable', 'down'));
const without = (part: keyof StageBackend) => ({ deps: { backend: { ...lab.backend, [part]: DOWN } } });
const begun = (input: Parameters<StageLab['job']>[0]): string => join(lab.job(input), 'begun.json');
const noted = async (input: Parameters<StageLab['job']>[0]) =>
  JSON.parse(await textOf(begun(input), (text) => text !== '')) as {
    runner: { pid: number; startTime: string };
  };
const runnerPid = async (input: Parameters<StageLab['job']>[0]): Promise<number> =>
  (await noted(input)).runner.pid;

test('whoever comes while it runs attaches, also when its start time could not be noted', async () => {
  for (const known of [true, false]) {
    const [go, counter] = [file('go'), file('counter')];
    const script = counting(counter, `while [ ! -e ${go} ]; do sleep 0.02; done`, 'echo through');
    const input = lab.input(source, { script });
    const first = lab.attempt(input);
    await textOf(counter);
    const note = await noted(input);
    expect(note.runner).toEqual(await identityOf(note.runner.pid));
    const runner = { ...note.runner, startTime: '' };
    if (!known) await writeFile(begun(input), JSON.stringify({ ...note, runner }));
    const second = lab.attempt(input, { info: { attempt: 2 } });
    await writeFile(go, '');
    const results = await Promise.all([first.result, second.result]);
    expect(results[0]).toEqual(results[1]);
    expect(await readFile(counter, 'utf8')).toBe('x\n');
    expect((await lab.output()).match(/^through$/gm)).toHaveLength(1);
    lab.chunks.length = 0;
  }
});

test('two attempts that begin at the same moment start it once', async () => {
  const counter = file('counter');
  const input = lab.input(source, { script: counting(counter, 'sleep 0.3') });
  const attempts = [1, 2, 3].map((attempt) => lab.attempt(input, { info: { attempt } }).result);
  await Promise.all(attempts);
  expect(await readFile(counter, 'utf8')).toBe('x\n');
  expect((await lab.output()).match(/sleep 0.3/g)).toHaveLength(1);
});

test('one that ended while nobody looked is collected: code, output and artifacts, and not run again', async () => {
  const counter = file('counter');
  const script = counting(counter, 'echo made > made', 'echo said');
  const input = lab.input(source, { script, artifacts: ['made'] });
  await expect(lab.attempt(input, without('putArtifact')).result).rejects.toMatchObject({
    type: 'store.unavailable',
  });
  const late = await lab.attempt(input, { info: { attempt: 2 } }).result;
  expect(late.artifacts?.stage).toBe('work');
  expect(await lab.output()).toContain('$ echo said\nsaid\n');
  expect(await readFile(counter, 'utf8')).toBe('x\n');

  const code = lab.input(source, { script: ['exit 9'] });
  await expect(lab.attempt(code, without('putArtifact')).result).rejects.toMatchObject({
    type: 'store.unavailable',
  });
  await expect(lab.attempt(code).result).rejects.toThrow('exit code 9');
});

test('a result that Temporal never heard of is given again, though the workspace is gone', async () => {
  const counter = file('counter');
  const script = counting(counter, 'echo made > made');
  const input = lab.input(source, { script, artifacts: ['made'] });
  const first = await lab.attempt(input).result;
  await settled();
  const audited = lab.entries.length;
  expect(await lab.attempt(input, { info: { attempt: 2 } }).result).toEqual(first);
  expect(await readFile(counter, 'utf8')).toBe('x\n');
  expect(lab.entries).toHaveLength(audited);
});

test('lost with its machine, on_lost: rerun', async () => {
  const counter = file('counter');
  const input = lab.input(source, { script: counting(counter, 'echo second') });
  const result = await lab.attempt(input, beat('another host')).result;
  expect(result.outputBytes).toBeGreaterThan(0);
  expect(await readFile(counter, 'utf8')).toBe('x\n');
});

test('lost with its machine, on_lost: fail', async () => {
  const counter = file('counter');
  const input = lab.input(source, { script: counting(counter), onLost: 'fail' });
  await expect(lab.attempt(input, beat('another host')).result).rejects.toMatchObject({
    type: 'stage.lost',
    nonRetryable: true,
    message: 'what ran stage work is gone, and on_lost is fail',
  });
  await expect(readFile(counter)).rejects.toThrow('ENOENT');
});

test('a disk that is gone is a machine that is gone', async () => {
  const counter = file('counter');
  const input = lab.input(source, { script: counting(counter), onLost: 'fail' });
  await lab.attempt(input).result;
  await settled();
  await rm(lab.job(input), { recursive: true });
  await expect(lab.attempt(input, beat('here')).result).rejects.toMatchObject({ type: 'stage.lost' });
});

test.each(['rerun', 'fail'] as const)(
  'a runner that is killed while it is watched, on_lost: %s',
  async (onLost) => {
    const [counter, started] = [file('counter'), file('started')];
    const first = `if [ "$(wc -l < ${counter})" = 1 ]; then echo first try; echo $$ > ${started}; sleep 300; fi`;
    const input = lab.input(source, { script: counting(counter, first, 'echo second try'), onLost });
    const { result, beats } = lab.attempt(input);
    const ended = onLost === 'rerun' ? result : expect(result).rejects.toMatchObject({ type: 'stage.lost' });
    const script = await identityOf(Number(await textOf(started)));
    process.kill(await runnerPid(input), 'SIGKILL');
    await ended;
    expect(await isAlive(script)).toBe(false);
    expect(await readFile(counter, 'utf8')).toBe(onLost === 'rerun' ? 'x\nx\n' : 'x\n');
    // The output of both tries is there, one after the other.
    const said = await lab.output();
    expect(said).toContain('first try\n');
    expect(said.endsWith('second try\n')).toBe(onLost === 'rerun');
    if (onLost === 'rerun') expect(beats.at(-1)).toEqual({ host: 'here', reruns: 1 });
  },
);

test('a runner that was killed while nobody looked, and one that never came to be', async () => {
  for (const kill of [true, false]) {
    const [counter, started] = [file('counter'), file('started')];
    const input = lab.input(source, {
      script: counting(counter, `[ -e ${started} ] || { echo > ${started}; sleep 300; }`),
    });
    const { result } = lab.attempt(input);
    void result.catch(() => undefined);
    await textOf(started);
    if (kill) process.kill(-(await runnerPid(input)), 'SIGKILL');
    else {
      const again = lab.input(source, { script: counting(counter) });
      await lab.attempt(again).result;
      await settled();
      await Promise.all(['exit', 'result.json'].map((f) => rm(join(lab.job(again), f))));
      expect((await inspectJob(lab.job(again))).kind).toBe('lost');
      await lab.attempt(again).result;
      process.kill(-(await runnerPid(input)), 'SIGKILL');
    }
    await result;
    expect((await readFile(counter, 'utf8')).length).toBe(kill ? 4 : 8);
  }
});

test('what never began is not lost: the next machine begins it, also with on_lost: fail', async () => {
  const input = lab.input(source, { script: ['echo hello'], onLost: 'fail' });
  const { result, beats } = lab.attempt(input, { deps: { hostId: 'there', ...without('audit').deps } });
  await expect(result).rejects.toMatchObject({ type: 'store.unavailable' });
  expect(beats.at(-1)).toEqual({ reruns: 0 });
  await lab.attempt(input, { info: { heartbeatDetails: beats.at(-1) } }).result;
});

test('where it began is said to the next attempt; a machine that was gone before it could say so may have begun it', async () => {
  const go = file('go');
  const waiting = lab.input(source, { script: [`while [ ! -e ${go} ]; do sleep 0.02; done`] });
  const { result, beats } = lab.attempt(waiting);
  await expect.poll(() => beats.at(-1)).toEqual({ host: 'here', reruns: 0 });
  await writeFile(go, '');
  await result;

  const input = lab.input(source, { script: ['true'], onLost: 'fail' });
  await expect(lab.attempt(input, { info: { attempt: 2 } }).result).rejects.toMatchObject({
    type: 'stage.lost',
  });
});

test('files that a crash of the machine has left empty are no bug', async () => {
  const input = lab.input(source, { script: ['echo hello'] });
  await lab.attempt(input).result;
  await settled();
  for (const name of ['shipped.json', 'result.json', 'exit', 'begun.json'])
    await writeFile(join(lab.job(input), name), '');
  expect((await inspectJob(lab.job(input))).kind).toBe('lost');
  await lab.attempt(input).result;
});

test('a retry of a failed stage is a job of its own in a fresh workspace', async () => {
  const marker = file('marker');
  const script = [
    'test ! -e left-behind',
    'touch left-behind',
    `test -e ${marker} || { touch ${marker}; exit 1; }`,
  ];
  const input = lab.input(source, { script, attempts: 2 });
  await expect(lab.attempt(input).result).rejects.toThrow('exit code 1');
  await lab.attempt({ ...input, attempt: 2 }).result;
  const attempts = lab.entries
    .filter((e) => e.event_type === 'stage.intent')
    .map((e) => e.details['attempt']);
  expect(attempts).toEqual([1, 2]);
});
