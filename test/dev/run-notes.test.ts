import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noteProcess, stopLeftovers } from '../../src/dev/run-notes.js';
import { startTemporal } from '../../src/dev/temporal.js';
import { identityOf, isAlive, type ProcessIdentity } from '../../src/processes.js';
import { temporaryFolder } from './temporary.js';

test.each(['SIGTERM', 'SIGINT'] as const)(
  'what was left is ended by the signal that it heeds: %s',
  async (signal) => {
    const folder = await temporaryFolder();
    const said = join(folder, 'said');
    const trap = (name: string): string => `trap 'echo ${name} > ${said}; exit' ${name}`;
    const script = `${trap('TERM')}; ${trap('INT')}; echo ready; while :; do sleep 0.05; done`;
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await noteProcess(folder, 'server', { ...(await identityOf(child.pid ?? 0)), signal });
    await stopLeftovers(folder);
    expect(`SIG${(await readFile(said, 'utf8')).trim()}`).toBe(signal);
    expect(await readdir(join(folder, 'run'))).toEqual([]);
  },
);

test.each(['', '{"pid":12', '{}', 'null'])(
  'a note that was torn, %j, keeps nothing from starting',
  async (text) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'run'));
    await writeFile(join(folder, 'run/temporal.json'), text);
    await stopLeftovers(folder);
    expect(await readdir(join(folder, 'run'))).toEqual([]);
  },
);

test('a server is noted before it answers, and ended when it cannot be', async () => {
  let started: ProcessIdentity | undefined;
  const noted = (identity: ProcessIdentity): Promise<void> => {
    started = identity;
    return Promise.reject(new Error('the disk is full'));
  };
  await expect(startTemporal({ ui: false, noted })).rejects.toThrow('the disk is full');
  expect(started && (await isAlive(started))).toBe(false);
});
