import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { identityOf, isAlive, stopProcess, type ProcessIdentity } from '../../src/processes.js';

async function running(script: string): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('sh', ['-c', `${script}`], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return { child, identity: await identityOf(child.pid ?? 0) };
}

test('a process is alive until it ends, also while nobody has collected it', async () => {
  const { child, identity } = await running('echo up; exec sleep 60');
  expect(await isAlive(identity)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await isAlive(identity)).toBe(false);
  await expect(identityOf(identity.pid)).rejects.toThrow(`there is no process ${String(identity.pid)}`);
});

test('another process with the same pid is not the one meant, and is never signalled', async () => {
  const { identity } = await running('echo up; exec sleep 60');
  const earlier = { ...identity, startTime: String(Number(identity.startTime) - 1) };
  expect(await isAlive(earlier)).toBe(false);
  await stopProcess(earlier, { graceMs: 0 });
  expect(await isAlive(identity)).toBe(true);
});

test('a name with parentheses and spaces does not hide the start time', async () => {
  const { identity } = await running('echo up; exec sleep 60');
  const child = spawn(process.execPath, [
    '-e',
    'process.title="a) R 1 (b"; console.log(1); setTimeout(()=>{},60000)',
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const odd = await identityOf(child.pid ?? 0);
  expect(Number(odd.startTime)).toBeGreaterThanOrEqual(Number(identity.startTime));
});

test('is asked first and killed when it does not listen', async () => {
  const { child, identity } = await running("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done");
  const code = once(child, 'exit');
  await stopProcess(identity, { graceMs: 10_000 });
  expect((await code)[0]).toBe(7);

  const deaf = await running("trap '' TERM; echo up; while :; do sleep 0.05; done");
  const signal = once(deaf.child, 'exit');
  await stopProcess(deaf.identity, { graceMs: 200 });
  expect((await signal)[1]).toBe('SIGKILL');
});

test('stopping what is gone already is no error', async () => {
  const { child, identity } = await running('echo up; exec sleep 60');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await stopProcess(identity, { graceMs: 1_000 });
});

test('a group ends with its leader', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  const grandchild = await identityOf(Number(data.toString()));
  await stopProcess(await identityOf(child.pid ?? 0), { graceMs: 5_000, group: true });
  await expect.poll(() => isAlive(grandchild), { timeout: 5_000 }).toBe(false);
});
