import { afterEach, beforeEach, expect, test } from 'vitest';
import { readInstances, slotDir, writeInstance } from '../../src/adapters/providers/process-files.js';
import { groupsIn } from '../../src/adapters/providers/process-usage.js';
import type { SlotUsage } from '../../src/domain/usage.js';
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

test('usage: a process that has the pid of one that is gone is not counted', async () => {
  await ensure();
  const directory = slotDir(w.stateDir, TARGET, 'blue');
  const [note] = await readInstances(directory);
  const [known] = await usage();
  expect(known?.id).toBe(note?.id);
  if (note?.process === undefined) throw new Error('the note has no process');
  await writeInstance(directory, { ...note, process: { ...note.process, startTime: '1' } });
  expect(await usage()).toEqual([]);
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
