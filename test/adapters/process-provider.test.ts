import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import {
  logFile,
  notedSlots,
  readInstances,
  slotDir,
  writeInstance,
} from '../../src/adapters/providers/process-files.js';
import { haltInstances } from '../../src/adapters/providers/process-halt.js';
import type { Configuration } from '../../src/domain/plan.js';
import { exclusive } from '../../src/exclusive.js';
import { perInstanceProviderChecks, providerChecks } from '../../src/testing/provider.js';
import { TARGET } from '../../src/testing/world.js';
import { contract } from '../contracts/contract.js';
import { startingContract } from '../contracts/starting.js';
import { eventually } from '../support/eventually.js';
import { processWorld, type ProcessWorld } from '../support/process-world.js';

contract('processes: provider', [...providerChecks, ...perInstanceProviderChecks], processWorld);
startingContract('processes', processWorld);

const never = new AbortController().signal;
const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));

describe('processes', () => {
  let w: ProcessWorld;
  beforeEach(async () => {
    w = await processWorld();
  });
  afterEach(() => w.end());
  const ensure = async (change: Partial<Configuration> = {}) =>
    w.provider.ensure(TARGET, 'blue', await w.release('1.0.0'), w.configuration(change), never);
  /** Until so many processes of the instance have come so far that SIGTERM does not end them. */
  const deaf = async (id: string, processes: number): Promise<void> => {
    const log = logFile(slotDir(w.stateDir, TARGET, 'blue'), id);
    while ((await readFile(log, 'utf8')).split('deaf from now on').length <= processes) await pause(20);
  };
  const more = (environment: Record<string, string>) => ({
    environment: { ...w.configuration().environment, ...environment },
  });

  test('remove: what does not heed SIGTERM is killed after its grace, what an instance has started too', async () => {
    const [instance] = await ensure(more({ DEAF: '1', CHILD: '1' }));
    const id = instance?.id ?? '';
    await deaf(id, 2);
    const from = Date.now();
    await w.provider.remove(TARGET, 'blue', never);
    expect(Date.now() - from).toBeGreaterThan(9_000);
    expect(Date.now() - from).toBeLessThan(14_000);
    expect(await w.pidsOf(id)).toEqual([]);
  });

  test('what an instance has left behind goes with it, though the instance itself is dead', async () => {
    const [instance] = await ensure(more({ CHILD: '1' }));
    const id = instance?.id ?? '';
    await deaf(id, 1);
    process.kill(await w.leaderOf(id), 'SIGKILL');
    while ((await w.pidsOf(id)).length > 1) await pause(5);
    expect((await w.provider.observe(TARGET, never))[0]?.instances[0]?.state).toBe('gone');
    const stop = AbortSignal.timeout(200);
    await expect(w.provider.remove(TARGET, 'blue', stop)).rejects.toThrow();
    await w.provider.remove(TARGET, 'blue', never);
    expect(await w.pidsOf(id)).toEqual([]);
  });

  test('of too many, those stay that are ready', async () => {
    const all = await ensure({ replicas: 2 });
    await fetch(`${all[0]?.url ?? ''}/sicken`);
    expect(await ensure({ replicas: 1 })).toEqual(all.slice(1));
  });

  test('arguments are arguments: no shell reads them', async () => {
    const odd = ['$(touch x)', '; exit 3', '`id`', '*', 'two words', "it's", '"', '-c', ''];
    const [instance] = await ensure({ command: ['node', 'server.js', ...odd] });
    const answer = await (await fetch(`${instance?.url ?? ''}/environment`)).json();
    expect((answer as { argv: string[] }).argv).toEqual(odd);
  });

  test('a command that is not there: instance.start_failed, naming it', async () => {
    await expect(ensure({ command: ['no-such-program', 'x'] })).rejects.toMatchObject({
      type: 'instance.start_failed',
      message: expect.stringMatching(/exit code 127[^]*no-such-program/) as string,
    });
  });

  test('the output that a failure names is there after the slot has been emptied', async () => {
    const error = await ensure(more({ SAY: 'the last words', EXIT: '1' })).catch((e: unknown) => e as Error);
    const file = /output: (\S+)/.exec((error as Error).message)?.[1] ?? '';
    await w.provider.remove(TARGET, 'blue', never);
    expect(await readFile(file, 'utf8')).toContain('the last words');
  });

  test('a release is unpacked once for all its instances, and anew when the machine has been started anew', async () => {
    const release = await w.release('1.0.0');
    const [a, b] = await ensure({ replicas: 2 });
    const cwd = async (url = '') =>
      ((await (await fetch(`${url}/environment`)).json()) as { cwd: string }).cwd;
    const folder = join(w.stateDir, 'releases/shop', release.digest);
    expect([await cwd(a?.url), await cwd(b?.url)]).toEqual([
      join(folder, 'content'),
      join(folder, 'content'),
    ]);
    const made = async () => (await stat(join(folder, 'content'))).ino;
    const first = await made();
    await ensure({ replicas: 3 });
    expect(await made()).toBe(first);
    await w.provider.remove(TARGET, 'blue', never);
    await writeFile(join(folder, 'boot'), 'another boot');
    await writeFile(join(folder, 'content/version.txt'), '');
    const [c] = await ensure();
    expect(await (await fetch(`${c?.url ?? ''}/version`)).text()).toBe('1.0.0');
    expect(await readdir(join(w.stateDir, 'releases/shop'))).toEqual([release.digest]);
  });

  const blue = () => join(w.stateDir, 'instances', TARGET.service, TARGET.environment, 'blue');
  /** What the notes look like once the machine, or the container, has been started anew. */
  const rebooted = async () => {
    for (const note of await readInstances(blue())) {
      await w.kill(note.id);
      await writeInstance(blue(), { ...note, boot: 'another boot' });
    }
  };
  const states = async () =>
    (await w.provider.observe(TARGET, never)).flatMap((s) => s.instances.map((i) => i.state));
  const health = () => w.provider.health(TARGET, 'blue', { path: '/ready', timeoutMs: 1_000 }, never);

  test('what ended with its host is lost and not gone: no failed probe, and ensure starts it anew', async () => {
    const before = await ensure({ replicas: 2 });
    await rebooted();
    expect(await states()).toEqual(['lost', 'lost']);
    await expect(health()).rejects.toMatchObject({ type: 'provider.unavailable' });
    const after = await ensure({ replicas: 2 });
    expect(after.filter((i) => before.some((b) => b.id === i.id))).toEqual([]);
    expect(await states()).toEqual(['ready', 'ready']);
    expect(await health()).toEqual({ probes: 2, failures: 0 });
    await w.kill(after[0]?.id ?? '');
    expect((await states()).sort()).toEqual(['gone', 'ready']);
    expect(await health()).toMatchObject({ probes: 2, failures: 1 });
  });

  test('until it has been ready for the first time a probe that fails says nothing; what is gone beside it does', async () => {
    const starting = ensure({ replicas: 2, ...more({ READY_AFTER: '2000' }) });
    while ((await states()).length < 2) await pause(10);
    await expect(health()).rejects.toMatchObject({
      type: 'provider.unavailable',
      message: expect.stringContaining('still starting') as string,
    });
    const failed = expect(starting).rejects.toMatchObject({ type: 'instance.start_failed' });
    while ((await w.started()).length < 2) await pause(10);
    // The start that fails takes all of it away under the slot's lock: not before it has been looked at.
    await exclusive(blue(), never, async () => {
      await w.kill((await w.started())[0] ?? '');
      // A probe that is under way meets it while it is dying.
      const seen = await eventually(health);
      const note = expect.stringMatching(/ is gone; its output: \/.*\.log$/) as string;
      expect(seen).toMatchObject({ failures: 1, note });
    });
    await failed;
  });

  test('an orderly end: all is stopped, what lived is lost, and what had ended before is gone', async () => {
    const [crashed] = await ensure({ replicas: 2 });
    await w.kill(crashed?.id ?? '');
    await haltInstances(w.stateDir, never);
    expect(await w.alive()).toBe(0);
    expect((await states()).sort()).toEqual(['gone', 'lost']);
    await haltInstances(w.stateDir, never);
    expect((await states()).sort()).toEqual(['gone', 'lost']);
    await ensure({ replicas: 2 });
    expect(await states()).toEqual(['ready', 'ready']);
  });

  test('an orderly end that is killed in the middle leaves nothing that looks like a crash', async () => {
    await ensure(more({ DEAF: '1' }));
    await expect(haltInstances(w.stateDir, AbortSignal.timeout(300))).rejects.toThrow();
    expect(await states()).toEqual(['ready']);
    for (const { id } of await readInstances(blue())) await w.kill(id);
    expect(await states()).toEqual(['lost']);
  });

  test('a release that leads out of its folder is refused, and nothing of it stays', async () => {
    const evil = pack();
    evil.entry({ name: '../../escaped' }, 'x');
    evil.finalize();
    const put = await localArtifacts({ directory: join(w.folder, 'artifacts') }).put(
      evil as unknown as AsyncIterable<Uint8Array>,
    );
    const release = { ...(await w.release('1.0.0')), artifacts: [{ stage: 'build', ...put }] };
    const ensuring = w.provider.ensure(TARGET, 'blue', release, w.configuration(), never);
    await expect(ensuring).rejects.toMatchObject({ type: 'stage.artifact_refused' });
    const files = await readdir(w.stateDir, { recursive: true });
    expect(files.filter((f) => f.includes('escaped') || f.endsWith('content'))).toEqual([]);
  });

  test('a disk that refuses is provider.unavailable, and not “no slots”; a name that leads elsewhere is a bug', async () => {
    await mkdir(w.stateDir, { recursive: true });
    await writeFile(join(w.stateDir, 'instances'), 'a file where the folder should be');
    await expect(notedSlots(w.stateDir)).rejects.toThrow('ENOTDIR');
    await expect(ensure()).rejects.toMatchObject({ type: 'provider.unavailable' });
    const away = { service: '../..', environment: 'staging' };
    await expect(w.provider.remove(away, 'blue', never)).rejects.toMatchObject({ type: 'internal.bug' });
  });

  test('secrets: each instance has their values, of the versions asked for, and nothing of ours keeps them', async () => {
    const value = 'postgres://app:the%2Dpassword@db/shop';
    for (const given of [value, 'another value']) w.secrets.give('staging/database/url', given);
    const secrets = { DATABASE_URL: { secret: 'staging/database/url', version: 1 } };
    const [instance] = await ensure({ secrets });
    const { env } = (await (await fetch(`${instance?.url ?? ''}/environment`)).json()) as {
      env: Record<string, string>;
    };
    expect(env['DATABASE_URL']).toBe(value);
    const files = await readdir(w.folder, { recursive: true, withFileTypes: true });
    for (const { name, parentPath } of files.filter((f) => f.isFile()))
      expect(await readFile(join(parentPath, name), 'utf8'), name).not.toMatch(/the(%2D|-)password/);
    // Of what runs they are not asked for: the way back needs no store of secrets.
    await w.secrets.remove('staging/database/url', 1, never);
    expect((await ensure({ secrets }))[0]).toEqual(instance);
    await w.kill(instance?.id ?? '');
    await expect(ensure({ secrets })).rejects.toMatchObject({ type: 'secret.missing' });
    const newer = { DATABASE_URL: { secret: 'staging/database/url', version: 2 } };
    expect((await ensure({ secrets: newer }))[0]?.id).not.toBe(instance?.id);
  });

  test('secrets: what an instance says of them when it fails is told without them', async () => {
    w.secrets.give('a/b', 'postgres://app:the%2Dpassword@db/shop');
    const secrets = { SAY: { secret: 'a/b', version: 1 } };
    const failed = ensure({ secrets, ...more({ EXIT: '1' }) });
    await expect(failed).rejects.toMatchObject({
      type: 'instance.start_failed',
      message: expect.stringMatching(/its output: \S+\n\[secret\]\n$/) as string,
    });
    await expect(ensure({ secrets: { SAY: { secret: 'a/b' } } })).rejects.toMatchObject({
      type: 'internal.bug',
    });
  });

  test('the slots that have notes are known by name', async () => {
    expect(await notedSlots(w.stateDir)).toEqual([]);
    await ensure();
    expect(await notedSlots(w.stateDir)).toEqual([{ target: TARGET, slot: 'blue' }]);
    await w.provider.remove(TARGET, 'blue', never);
    expect(await notedSlots(w.stateDir)).toEqual([]);
  });
});
