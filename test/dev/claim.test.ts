import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimFolder } from '../../src/dev/claim.js';
import { temporaryFolder } from './temporary.js';

test('of several that claim a folder at once one has it, until it lets go', async () => {
  const folder = join(await temporaryFolder(), '.shipway');
  await mkdir(folder);
  const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimFolder(folder)));
  const had = claims.flatMap((c) => (c.status === 'fulfilled' ? [c.value] : []));
  expect(had).toHaveLength(1);
  await expect(claimFolder(folder)).rejects.toMatchObject({
    name: 'UsageError',
    message: `shipway dev runs here already (pid ${String(process.pid)})`,
  });
  await had[0]?.();
  await (
    await claimFolder(folder)
  )();
});
