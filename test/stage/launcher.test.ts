import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isAlive, identityOf } from '../../src/processes.js';
import { launched } from '../../src/stage/launcher.js';
import { stageLabOfFile, textOf } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();

/** The launchers of this process. */
async function launchers(): Promise<readonly number[]> {
  const args = ['-P', String(process.pid), '-f', 'launcher-child'];
  const { stdout } = await promisify(execFile)('pgrep', args).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
}

test('one launcher does all, is in nobody’s way when it is killed, and comes back', async () => {
  const folder = join(lab.folder, 'gone');
  await mkdir(join(folder, 'deep'), { recursive: true });
  await launched('removeTree', folder);
  await expect(stat(folder)).rejects.toThrow('ENOENT');
  const [pid = 0, ...others] = await launchers();
  expect(others).toEqual([]);
  const launcher = await identityOf(pid);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isAlive(launcher)).toBe(false);
  await lab.attempt(lab.input(source, { script: ['true'] })).result;
  expect(await launchers()).not.toContain(pid);
});

/** Its launcher stands still, so that what is asked of it now is under way when it is killed. */
async function stopped(): Promise<number> {
  await launched('removeTree', join(lab.folder, 'nothing'));
  const [pid = 0] = await launchers();
  process.kill(pid, 'SIGSTOP');
  return pid;
}

test('a command that it had started goes on without it and is collected', async () => {
  const [go, counter] = [join(lab.folder, 'go'), join(lab.folder, 'counter')];
  const script = [`echo x >> ${counter}`, `while [ ! -e ${go} ]; do sleep 0.02; done`];
  const { result } = lab.attempt(lab.input(source, { script }));
  await textOf(counter);
  const pid = await stopped();
  const asked = launched('removeTree', join(lab.folder, 'nothing'));
  process.kill(pid, 'SIGKILL');
  await expect(asked).rejects.toMatchObject({ type: 'stage.unavailable' });
  await writeFile(go, '');
  await result;
  expect(await readFile(counter, 'utf8')).toBe('x\n');
});

test('a stage that it was to begin is tried again, and has lost nothing', async () => {
  const pid = await stopped();
  const input = lab.input(source, { script: ['echo through'], onLost: 'fail' });
  const { result, beats } = lab.attempt(input);
  const failed = expect(result).rejects.toMatchObject({ type: 'stage.unavailable', nonRetryable: false });
  await expect.poll(() => beats.length).toBeGreaterThan(0);
  process.kill(pid, 'SIGKILL');
  await failed;
  const info = { attempt: 2, heartbeatDetails: beats.at(-1) };
  await lab.attempt(input, { info }).result;
  expect(await lab.output()).toContain('through\n');
});

test('a failure keeps its words', async () => {
  const missing = launched('copyTree', join(lab.folder, 'nowhere'), join(lab.folder, 'to'));
  await expect(missing).rejects.toThrow(/nowhere.*No such file or directory/);
});

test('a path of more lines than one is refused, and not taken for another', async () => {
  const [victim, folder] = [join(lab.folder, 'victim'), join(lab.folder, 'a')];
  await writeFile(victim, '');
  await expect(launched('removeTree', `${folder}\n${victim}`)).rejects.toThrow('more than one line');
  await stat(victim);
});
