import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive, identityOf } from '../../src/processes.js';
import { launched } from '../../src/stage/launcher.js';
import { stageLab, textOf, type Source, type StageLab } from '../support/stage-lab.js';

let lab: StageLab;
let source: Source;
beforeAll(async () => {
  lab = await stageLab();
  source = await lab.commit({ 'README.md': 'shop\n' });
});
afterAll(() => lab.end());

/** The launchers of this process. */
async function launchers(): Promise<readonly number[]> {
  const args = ['-P', String(process.pid), '-f', 'launcher-child'];
  const { stdout } = await promisify(execFile)('pgrep', args).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
}

test('one launcher does all, is in nobody’s way when it is killed, and comes back', async () => {
  const folder = join(lab.folder, 'gone');
  await mkdir(join(folder, 'run/deep'), { recursive: true });
  await launched('clearRun', folder);
  await expect(stat(join(folder, 'run'))).rejects.toThrow('ENOENT');
  const [pid = 0, ...others] = await launchers();
  expect(others).toEqual([]);
  const launcher = await identityOf(pid);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isAlive(launcher)).toBe(false);
  await lab.attempt(lab.input(source, { script: ['true'] })).result;
  expect(await launchers()).not.toContain(pid);
});

test('what it was doing when it was killed fails; a command that it had started goes on and is attached to', async () => {
  const [go, counter] = [join(lab.folder, 'go'), join(lab.folder, 'counter')];
  const script = [`echo x >> ${counter}`, `while [ ! -e ${go} ]; do sleep 0.02; done`];
  const input = lab.input(source, { script });
  const { result } = lab.attempt(input);
  await textOf(counter);
  const [pid = 0] = await launchers();
  const late = launched('makeRun', join(lab.folder, 'nowhere'), join(lab.folder, 'run'));
  process.kill(pid, 'SIGKILL');
  await expect(late).rejects.toThrow(/launcher|nowhere/);
  await promisify(execFile)('touch', [go]);
  await result;
  expect(await readFile(counter, 'utf8')).toBe('x\n');
});

test('a failure keeps its code', async () => {
  const missing = launched('makeRun', join(lab.folder, 'nowhere'), join(lab.folder, 'no/such/run'));
  await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
});
