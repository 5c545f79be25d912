import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepRunning, type Kept } from '../../src/dev/keep-running.js';
import { temporaryFolder } from './temporary.js';

const said: string[] = [];
function keep(stateDir: string, script: string): Kept {
  said.length = 0;
  const kept = keepRunning({
    name: 'worker',
    stateDir,
    args: ['-e', script],
    env: { PATH: process.env['PATH'], OF_THE_KEEPER: 'yes' },
    say: (line) => said.push(line),
  });
  onTestFinished(() => kept.stop());
  return kept;
}

test('a process is started anew when it ends, which is said, with the environment that it was given and no other', async () => {
  const folder = await temporaryFolder();
  const kept = keep(folder, 'console.log(process.env.OF_THE_KEEPER, process.env.VITEST)');
  await expect.poll(() => kept.failures(), { timeout: 10_000 }).toBeGreaterThan(1);
  expect(await readFile(join(folder, 'worker.log'), 'utf8')).toMatch(/^yes undefined\nyes undefined\n/);
  expect(said[0]).toBe(
    `the worker ended (exit code 0) and is started again: see ${join(folder, 'worker.log')}`,
  );
});

test('one that was killed is said to, and one that is stopped ends without a word', async () => {
  const kept = keep(await temporaryFolder(), 'process.kill(process.pid, "SIGKILL")');
  await expect.poll(() => said.join(), { timeout: 10_000 }).toContain('the worker ended (SIGKILL) and');
  const quiet = keep(await temporaryFolder(), 'setInterval(() => undefined, 1000)');
  await quiet.stop();
  await kept.stop();
  expect(said.filter((line) => !line.includes('SIGKILL'))).toEqual([]);
});

test('one that cannot be noted is said, and goes on', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'run'), 'a file where the folder should be');
  const kept = keep(folder, 'setInterval(() => undefined, 1000)');
  await expect.poll(() => said.join()).toMatch(/would not be found after a crash: .*EEXIST/);
  expect(kept.failures()).toBe(0);
});

test('one that cannot be started is said, and tried again', async () => {
  const folder = join(await temporaryFolder(), 'not yet');
  const kept = keep(folder, 'setInterval(() => undefined, 1000)');
  await expect.poll(() => said.join()).toMatch(/worker cannot be started: .*ENOENT/);
  await mkdir(folder);
  await expect
    .poll(() => readFile(join(folder, 'run/worker.json'), 'utf8').catch(() => ''), { timeout: 10_000 })
    .toContain('"pid"');
  expect(kept.failures()).toBeGreaterThan(0);
});
