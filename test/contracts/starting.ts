import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Release } from '../../src/domain/release.js';
import type { ProviderHarness } from '../../src/testing/provider.js';
import { TARGET } from '../../src/testing/world.js';
import type { Ending } from './contract.js';

/** Of a provider that starts users' programs: `environment` is what the service listens to (see `fixtures/instance.js`). */
export interface StartingHarness extends ProviderHarness, Ending {
  /** A folder that the instances see. */
  readonly folder: string;
  /** `stored: false`: its artifact is nowhere. */
  release(version: string, options?: { readonly stored?: boolean }): Promise<Release>;
}

const never = new AbortController().signal;

/** What every provider promises of programs that do not start, or not in time. */
export function startingContract(name: string, make: () => Promise<StartingHarness>): void {
  describe(`${name}: starting`, () => {
    let h: StartingHarness;
    let v1: Release;
    beforeEach(async () => {
      h = await make();
      v1 = await h.release('1.0.0');
    });
    afterEach(() => h.end());
    const ensure = (release = v1, configuration = h.configuration()) =>
      h.provider.ensure(TARGET, 'blue', release, configuration, never);

    test('instance.start_failed: with the exit code and the last of the output, and nothing stays behind', async () => {
      const { environment } = h.configuration();
      const SAY = `${'x'.repeat(5_000)} the database is on fire`;
      const failing = ensure(v1, h.configuration({ environment: { ...environment, SAY, EXIT: '7' } }));
      const error = await failing.catch((e: unknown) => e as Error);
      expect(error).toMatchObject({ name: 'ShipwayError', type: 'instance.start_failed' });
      const { message } = error as Error;
      expect(message).toContain('exit code 7');
      expect(message).toContain('the database is on fire');
      expect(message.length).toBeLessThan(3_000);
      expect(await h.alive()).toBe(0);
      expect(await ensure()).toHaveLength(1);
    });

    test('instance.not_ready: by type and in time; the next try starts anew', async () => {
      const { environment } = h.configuration();
      const late = h.configuration({
        environment: { ...environment, READY_AFTER: '60000' },
        startupTimeoutMs: 600,
      });
      const from = Date.now();
      await expect(ensure(v1, late)).rejects.toMatchObject({ type: 'instance.not_ready' });
      expect(Date.now() - from).toBeLessThan(5_000);
      expect(await h.alive()).toBe(0);
      await expect(ensure(v1, late)).rejects.toMatchObject({ type: 'instance.not_ready' });
      expect(await h.started()).toHaveLength(2);
    });

    test('instance.not_ready: what hangs is replaced by the next try, and what only waited with it is not', async () => {
      const { environment } = h.configuration();
      const hung = join(h.folder, 'hung');
      const configuration = h.configuration({
        ...{ replicas: 2, startupTimeoutMs: 4_000 },
        environment: { ...environment, UNREADY_WHILE: hung },
      });
      const before = await ensure(v1, configuration);
      await writeFile(hung, '');
      await expect(ensure(v1, configuration)).rejects.toMatchObject({ type: 'instance.not_ready' });
      expect(await h.alive()).toBe(0);
      await rm(hung);
      const after = await ensure(v1, configuration);
      expect(after.filter((i) => before.some((b) => b.id === i.id))).toEqual([]);

      await writeFile(hung, '');
      const three = h.configuration({ ...configuration, replicas: 3 });
      const known = await h.started();
      const failed = expect(ensure(v1, three)).rejects.toMatchObject({ type: 'instance.start_failed' });
      let fresh: string | undefined;
      while (fresh === undefined) fresh = (await h.started()).find((id) => !known.includes(id));
      await h.kill(fresh);
      await failed;
      expect(await h.alive()).toBe(2);
    });

    test('artifact.missing: nothing that runs is touched for a release that is not there', async () => {
      const before = await ensure();
      const lost = await h.release('2.0.0', { stored: false });
      await expect(ensure(lost)).rejects.toMatchObject({ type: 'artifact.missing' });
      const [slot] = await h.provider.observe(TARGET, never);
      expect(slot).toMatchObject({ version: '1.0.0', instances: before });
    });

    test('an abort is heeded at once, and the next call goes on from there', async () => {
      const { environment } = h.configuration();
      const slow = h.configuration({ replicas: 2, environment: { ...environment, READY_AFTER: '3000' } });
      const stop = new AbortController();
      const ensuring = h.provider.ensure(TARGET, 'blue', v1, slow, stop.signal);
      while ((await h.started()).length < 2) await new Promise((r) => setTimeout(r, 20));
      const from = Date.now();
      stop.abort(new Error('enough'));
      await expect(ensuring).rejects.toThrow();
      expect(Date.now() - from).toBeLessThan(300);
      for (const call of [
        () => h.provider.observe(TARGET, stop.signal),
        () => h.provider.health(TARGET, 'blue', { path: '/ready', timeoutMs: 100 }, stop.signal),
        () => h.provider.ensure(TARGET, 'blue', v1, slow, stop.signal),
        () => h.provider.remove(TARGET, 'blue', stop.signal),
      ])
        await expect(call()).rejects.toThrow();
      expect(await ensure(v1, slow)).toHaveLength(2);
      expect(await h.started()).toHaveLength(2);
    });
  });
}
