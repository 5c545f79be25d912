import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TARGET } from '../../src/testing/world.js';
import { processWorld } from '../support/process-world.js';

const never = new AbortController().signal;

test('an unpacked release goes when it is in no slot, not kept at hand, and nobody has used it', async () => {
  const w = await processWorld();
  onTestFinished(() => w.end());
  const release = await w.release('1.0.0');
  const ensure = () => w.provider.ensure(TARGET, 'blue', release, w.configuration(), never);
  const { digest } = release;
  const folder = join(w.stateDir, 'releases/shop', digest);
  const age = () => utimes(join(folder, 'boot'), new Date(0), new Date(0));
  const sweep = (keep: string[] = [], dryRun = false) =>
    w.provider.sweep({ keep, before: Date.now() - 60_000, dryRun }, never);
  await ensure();
  await age();
  const none = { count: 0, bytes: 0 };
  expect(await sweep()).toEqual(none);
  await w.provider.remove(TARGET, 'blue', never);
  expect([await sweep([digest]), await sweep([], true)]).toMatchObject([none, { count: 1 }]);
  await ensure();
  await w.provider.remove(TARGET, 'blue', never);
  expect(await sweep()).toEqual(none);
  await age();
  await mkdir(`${folder}.new/half`, { recursive: true });
  expect(await sweep()).toEqual({ count: 1, bytes: expect.any(Number) as number });
  expect(await readdir(join(w.stateDir, 'releases/shop'))).toEqual([]);
  const [again] = await ensure();
  expect(await (await fetch(`${again?.url ?? ''}/version`)).text()).toBe('1.0.0');
});
