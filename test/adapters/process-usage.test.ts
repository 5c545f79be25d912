import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { readInstances, slotDir, writeInstance } from '../../src/adapters/providers/process-files.js';
import { carriedBy, listed, pids } from '../../src/adapters/providers/process-find.js';
import { processPasses, type Pass } from '../../src/adapters/providers/process-pass.js';
import { groupsIn, slotUsage } from '../../src/adapters/providers/process-usage.js';
import type { SlotUsage } from '../../src/domain/usage.js';
import { identityOf, isAlive } from '../../src/processes.js';
import { usageProviderChecks } from '../../src/testing/usage.js';
import { TARGET } from '../../src/testing/world.js';
import { contract } from '../contracts/contract.js';
import { processWorld, type ProcessWorld } from '../support/process-world.js';

contract('processes: usage', usageProviderChecks, processWorld);

const never = new AbortController().signal;
let w: ProcessWorld;
beforeEach(async () => {
  w = await processWorld();
});
afterEach(() => w.end());

const usage = async (): Promise<SlotUsage['instances']> =>
  (await w.provider.usage?.(TARGET, 'blue', never))?.instances ?? [];
const ensure = async (environment: Record<string, string> = {}) => {
  const all = { ...w.configuration().environment, ...environment };
  const configuration = w.configuration({ environment: all });
  return w.provider.ensure(TARGET, 'blue', await w.release('1.0.0'), configuration, never);
};

test('usage: what an instance has started counts with it, also in a session of its own', async () => {
  const [alone] = [await ensure(), await usage()].at(1) as SlotUsage['instances'];
  await w.provider.remove(TARGET, 'blue', never);
  await ensure({ CHILD: '1', CHILD_BURN: '700' });
  await expect
    .poll(async () => (await usage())[0]?.cpuMs, { timeout: 20_000 })
    .toBeGreaterThan((alone?.cpuMs ?? 0) + 650);
  expect((await usage())[0]?.memoryBytes).toBeGreaterThan(1.5 * (alone?.memoryBytes ?? Infinity));
});

test('usage: what a child has computed counts when it has ended and was waited for', async () => {
  await ensure({ SPENT: '700' });
  const [one] = await usage();
  expect(one?.cpuMs).toBeGreaterThan(650);
});

describe('usage of a process that is gone', () => {
  const directory = () => slotDir(w.stateDir, TARGET, 'blue');
  const passing = processPasses();
  /** Of the slot, when `meanwhile` has happened since the pass, or what it found is changed. */
  const after = async (meanwhile: (pass: Pass) => Pass | Promise<Pass>) =>
    (await slotUsage(directory(), async () => meanwhile(await passing()), never)).instances;

  test('and has left its pid to another before it is noted is not counted', async () => {
    await ensure();
    const [note] = await readInstances(directory());
    expect((await usage())[0]?.id).toBe(note?.id);
    if (note?.process === undefined) throw new Error('the note has no process');
    await writeInstance(directory(), { ...note, process: { ...note.process, startTime: '1' } });
    expect(await usage()).toEqual([]);
  });

  test('since the pass takes what it has started with it', async () => {
    const [instance] = await ensure({ CHILD: '1' });
    const id = instance?.id ?? '';
    await expect.poll(async () => (await w.pidsOf(id)).length).toBe(2);
    const leader = await identityOf(await w.leaderOf(id));
    const killed = await after(async (pass) => {
      process.kill(leader.pid, 'SIGKILL');
      await expect.poll(() => isAlive(leader)).toBe(false);
      return pass;
    });
    expect([killed, (await w.pidsOf(id)).length]).toEqual([[], 1]);
  });

  test('and was a member of one that lives is not counted', async () => {
    const [instance] = await ensure({ CHILD: '1' });
    const leader = await w.leaderOf(instance?.id ?? '');
    const others = (pass: Pass): Pass => ({
      ...pass,
      processes: pass.processes.map((one) => (one.pid === leader ? one : { ...one, startTime: '1' })),
    });
    const memory = async (change: (pass: Pass) => Pass) => (await after(change))[0]?.memoryBytes ?? 0;
    await expect
      .poll(async () => (await memory((pass) => pass)) / (await memory(others)), { timeout: 20_000 })
      .toBeGreaterThan(1.5);
  });
});

test('whoever asks meanwhile shares the next pass, and passes take little of the time', async () => {
  const passing = processPasses();
  const took = (): number => {
    const from = performance.now();
    for (const pid of pids()) if (listed(pid) !== undefined) carriedBy(pid);
    return performance.now() - from;
  };
  const least = Math.min(...[1, 2, 3, 4, 5].map(took));
  await passing();
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    const [one, other] = await Promise.all([passing(), passing()]);
    expect(other).toBe(one);
    expect(performance.now() - from).toBeGreaterThan(10 * least);
  }
});

test('a process stays the instance’s that it began as, whatever becomes of its environment', async () => {
  const child = spawn('sh', ['-c', 'read line; exec env -i sleep 60'], {
    env: { ...process.env, SHIPWAY_INSTANCE: 'once' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const passing = processPasses();
  const instance = async () => (await passing()).processes.find(({ pid }) => pid === child.pid)?.instance;
  await expect.poll(instance).toBe('once');
  child.stdin.write('\n');
  const environment = () => readFile(`/proc/${String(child.pid)}/environ`, 'utf8');
  await expect.poll(environment).toBe('');
  expect(await instance()).toBe('once');
});

test('what ps says is added up by process group', () => {
  const linux = '    1  1024 00:00:03\n   77   512 1-02:03:04\n   77   100    00:01:00\n';
  const darwin = '   77  2048   0:00.25\n   77     8 125:10.50\n';
  const of = (text: string) => Object.fromEntries(groupsIn(text));
  expect(of(linux)).toEqual({
    1: { cpuMs: 3_000, memoryBytes: 1024 ** 2 },
    77: { cpuMs: 93_784_000 + 60_000, memoryBytes: 612 * 1024 },
  });
  expect(of(darwin)).toEqual({ 77: { cpuMs: 250 + 7_510_500, memoryBytes: 2_056 * 1024 } });
  expect(of('')).toEqual({});
});
