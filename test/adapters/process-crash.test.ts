import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInstances } from '../../src/adapters/providers/process-files.js';
import { settled } from '../../src/adapters/providers/process-start.js';
import type { Configuration } from '../../src/domain/plan.js';
import type { Instance } from '../../src/domain/ports.js';
import type { Release } from '../../src/domain/release.js';
import { TARGET } from '../../src/testing/world.js';
import { processWorld, type ProcessWorld } from '../support/process-world.js';

const never = new AbortController().signal;
const WORKER = fileURLToPath(new URL('../support/fixtures/ensuring-worker.js', import.meta.url));
const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));

let w: ProcessWorld;
let v1: Release;
beforeEach(async () => {
  w = await processWorld();
  v1 = await w.release('1.0.0');
});
afterEach(() => w.end());

/** A worker of its own that ensures and dies at the moment, or by what `until` waits for. */
async function worker(moment: string, configuration: Configuration, until?: () => Promise<unknown>) {
  const input = JSON.stringify({ target: TARGET, slot: 'blue', release: v1, configuration });
  const args = [WORKER, moment, w.stateDir, join(w.folder, 'artifacts'), input];
  const env = { PATH: process.env['PATH'] ?? '', WORKERS_SECRET: 'hush' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  const exit = once(child, 'exit');
  if (until !== undefined) {
    await until();
    child.kill('SIGKILL');
  }
  const [code, signal] = (await exit) as [number | null, string | null];
  return { code, signal, instances: (output === '' ? [] : JSON.parse(output)) as Instance[] };
}
const ensure = (configuration: Configuration) => w.provider.ensure(TARGET, 'blue', v1, configuration, never);

const slotDir = () => join(w.stateDir, 'instances', TARGET.service, TARGET.environment, 'blue');
async function json(file: string): Promise<{ replicas?: number; process?: unknown }> {
  return JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as object;
}
const wantedBySlot = async () => (await json(join(slotDir(), 'slot.json'))).replicas;
/** Which instances the notes know the process of. */
async function known(): Promise<boolean[]> {
  const ids = (await readdir(slotDir())).filter((name) => /^[0-9a-f-]{36}$/.test(name));
  const notes = await Promise.all(ids.map((id) => json(join(slotDir(), id, 'instance.json'))));
  return notes.map((n) => n.process !== undefined).sort();
}

/** Exactly these run, by their own count, by /proc and by what the provider says. */
async function onlyRunning(instances: readonly Instance[]): Promise<void> {
  expect(await w.alive()).toBe(instances.length);
  for (const { id } of instances) expect(await w.pidsOf(id)).toHaveLength(1);
  const [slot] = await w.provider.observe(TARGET, never);
  expect(slot?.instances).toEqual(instances);
}

describe('a worker that is killed leaves no orphan, and the next starts no double', () => {
  test.each([
    ['before the spawn', [false]],
    ['after the spawn', [false]],
    ['after the second spawn', [false, true]],
  ])('%s (noted: %j)', async (moment, noted) => {
    const replicas = noted.length;
    const configuration = w.configuration({ replicas });
    expect((await worker(moment, configuration)).signal).toBe('SIGKILL');
    expect(await known()).toEqual(noted);
    const instances = await ensure(configuration);
    expect(instances).toHaveLength(replicas);
    await onlyRunning(instances);
    expect(await w.started()).toHaveLength(replicas);
  });

  test('before the spawn: it counts as starting, and as gone when its time is over', async () => {
    await worker('before the spawn', w.configuration({ startupTimeoutMs: 4_000 }));
    const state = async () =>
      (await w.provider.observe(TARGET, never)).flatMap((slot) => slot.instances.map((i) => i.state));
    const health = () => w.provider.health(TARGET, 'blue', { path: '/ready', timeoutMs: 1_000 }, never);
    expect(await state()).toEqual(['starting']);
    await expect(health()).rejects.toMatchObject({ type: 'provider.unavailable' });
    await expect.poll(state, { timeout: 10_000 }).toEqual(['gone']);
    expect(await health()).toMatchObject({ probes: 1, failures: 1 });
  });

  test('after the spawn, and then the slot is emptied instead', async () => {
    await worker('after the spawn', w.configuration());
    await w.provider.remove(TARGET, 'blue', never);
    await pause(300);
    expect(await w.alive()).toBe(0);
    expect(await w.provider.observe(TARGET, never)).toEqual([]);
  });

  test('before the launcher runs: a start that was given up never comes to be, however late', async () => {
    const configuration = w.configuration();
    expect((await worker('before the launcher runs', configuration)).signal).toBe('SIGKILL');
    const [note] = await readInstances(slotDir());
    if (note === undefined) throw new Error('there is no note of the instance');
    expect(await settled(slotDir(), note)).toBeUndefined();
    await pause(3_000);
    expect(await w.started()).toEqual([]);
    const instances = await ensure(configuration);
    await onlyRunning(instances);
    expect(await w.started()).toHaveLength(1);
  });

  test('before the launcher runs, and the next worker ensures at once', async () => {
    const configuration = w.configuration();
    await worker('before the launcher runs', configuration);
    const instances = await ensure(configuration);
    await pause(3_000);
    await onlyRunning(instances);
    expect(await w.started()).toHaveLength(1);
  });

  test('while it waits for readiness: the next adopts what runs', async () => {
    const { environment } = w.configuration();
    const slow = w.configuration({ replicas: 2, environment: { ...environment, READY_AFTER: '1500' } });
    const two = async () => {
      while ((await w.started()).length < 2) await pause(10);
    };
    expect((await worker('never', slow, two)).signal).toBe('SIGKILL');
    const before = await w.started();
    const [seen] = await w.provider.observe(TARGET, never);
    expect(seen?.instances.map((i) => i.state)).toEqual(['starting', 'starting']);
    const instances = await ensure(slow);
    await onlyRunning(instances);
    expect(instances.map((i) => i.id).sort()).toEqual([...before].sort());
  });

  test('again and again, at any moment of one start after another', async () => {
    for (let replicas = 1; replicas <= 4; replicas++) {
      const noted = async () => {
        while ((await wantedBySlot()) !== replicas) await pause(1);
        await pause(replicas * 2);
      };
      await worker('never', w.configuration({ replicas }), noted);
    }
    const instances = await ensure(w.configuration({ replicas: 4 }));
    expect(instances).toHaveLength(4);
    await onlyRunning(instances);
    expect(await w.started()).toHaveLength(4);
  });
});

test('instances outlive the worker that started them, and carry nothing of its environment', async () => {
  const { environment } = w.configuration();
  const configuration = w.configuration({ environment: { ...environment, GREETING: 'hi; echo $HOME' } });
  const { code, instances } = await worker('never', configuration);
  expect(code).toBe(0);
  const [instance] = instances;
  expect(await ensure(configuration)).toEqual(instances);
  const answer = await fetch(`${instance?.url ?? ''}/environment`);
  const { env } = (await answer.json()) as { env: Record<string, string> };
  expect(env).toMatchObject({
    GREETING: 'hi; echo $HOME',
    SHIPWAY_SERVICE: TARGET.service,
    SHIPWAY_ENVIRONMENT: TARGET.environment,
    SHIPWAY_VERSION: '1.0.0',
    SHIPWAY_SLOT: 'blue',
    SHIPWAY_INSTANCE: instance?.id,
    HOST: '127.0.0.1',
    PORT: new URL(instance?.url ?? '').port,
  });
  const known =
    /^(COUNTER|GREETING|SHIPWAY_(SERVICE|ENVIRONMENT|VERSION|SLOT|INSTANCE)|HOST|PORT|PATH|HOME|PWD)$/;
  expect(Object.keys(env).filter((key) => !known.test(key))).toEqual([]);
});

test('what was told to stop is not counted on, though it lives and answers: it ends, and another one is started', async () => {
  const { environment } = w.configuration();
  const slow = w.configuration({ environment: { ...environment, STOP_AFTER: '700' } });
  const [first] = await ensure(slow);
  await expect(w.provider.remove(TARGET, 'blue', AbortSignal.timeout(200))).rejects.toThrow();
  expect(await w.pidsOf(first?.id ?? '')).toHaveLength(1);
  expect((await w.provider.observe(TARGET, never))[0]?.instances[0]?.state).toBe('gone');
  const instances = await ensure(slow);
  expect(instances.map(({ id }) => id)).not.toContain(first?.id);
  await pause(700);
  await onlyRunning(instances);
});
