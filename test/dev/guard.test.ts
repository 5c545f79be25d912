import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { identityOf, isAlive, type ProcessIdentity } from '../../src/processes.js';
import { temporaryFolder } from './temporary.js';

/** The guard as a process that dies leaves it: its standard input ends, whatever ended the process. */
function guard(): ChildProcess {
  return spawn('sh', [join(packageRoot(), 'src/dev/guard.sh')], { stdio: ['pipe', 'ignore', 'ignore'] });
}

async function sleeping(script = 'exec sleep 60'): Promise<ProcessIdentity> {
  const child = spawn('sh', ['-c', `${script}`], { stdio: 'ignore', detached: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return identityOf(child.pid ?? 0);
}

/** Until the shell has set its traps: before that a signal ends it, as it would any process that has just begun. */
async function ignores(pid: number): Promise<void> {
  const mask = /^SigIgn:\t([0-9a-f]+)$/m;
  const interrupt = 1n << 1n;
  const ignored = async (): Promise<bigint> =>
    BigInt(`0x${mask.exec(await readFile(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? '0'}`);
  while (((await ignored()) & interrupt) === 0n) await new Promise((r) => setTimeout(r, 10));
}

test('ends what it guards and removes its folders once its starter is gone, and not before', async () => {
  const [one, two] = [await sleeping(), await sleeping()];
  const folder = join(await temporaryFolder(), 'a folder with spaces');
  await mkdir(join(folder, 'deep'), { recursive: true });
  const child = guard();
  const ended = once(child, 'exit');
  child.stdin?.write(`process TERM ${String(one.pid)} ${one.startTime}\nfolder ${folder}\n`);
  child.stdin?.write(`process INT ${String(two.pid)} ${two.startTime}\n`);
  await ignores(child.pid ?? 0);
  child.kill('SIGINT');
  child.kill('SIGTERM');
  await new Promise((r) => setTimeout(r, 200));
  expect([await isAlive(one), await isAlive(two)]).toEqual([true, true]);
  child.stdin?.end();
  expect((await ended)[0]).toBe(0);
  expect([await isAlive(one), await isAlive(two)]).toEqual([false, false]);
  await expect(stat(folder)).rejects.toThrow('ENOENT');
});

test('leaves alone a process that only has the pid of one it guarded', async () => {
  const other = await sleeping();
  const child = guard();
  const ended = once(child, 'exit');
  child.stdin?.end(`process KILL ${String(other.pid)} ${String(Number(other.startTime) - 1)}\n`);
  await ended;
  expect(await isAlive(other)).toBe(true);
});

/** Only root's data lies elsewhere, so only root can have it made there. */
const places = process.getuid?.() === 0 ? ['/var/lib/shipway/postgres-of-a-test', 'its own'] : ['its own'];
test.each(places)(
  'of PostgreSQL’s data goes what shipway put elsewhere, and nothing else: %s',
  async (where) => {
    const folder = await temporaryFolder();
    const elsewhere = where === 'its own' ? join(folder, 'elsewhere') : where;
    onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
    await mkdir(join(elsewhere, 'data'), { recursive: true });
    await symlink(join(elsewhere, 'data'), join(folder, 'postgres'));
    const child = guard();
    const ended = once(child, 'exit');
    child.stdin?.end(`data ${join(folder, 'postgres')}\n`);
    await ended;
    const left = await stat(elsewhere).then(
      () => true,
      () => false,
    );
    expect(left).toBe(where === 'its own');
  },
);

test('has nothing to do when all has been ended in order', async () => {
  const child = guard();
  const ended = once(child, 'exit');
  child.stdin?.end('process TERM 999999999 1\nfolder /nowhere/at/all\n');
  expect((await ended)[0]).toBe(0);
});
