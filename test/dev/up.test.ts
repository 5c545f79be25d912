import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { up } from '../../src/dev/up.js';
import { processesOf } from '../support/left-behind.js';
import { temporaryFolder } from './temporary.js';

test('when PostgreSQL cannot start, the Temporal server that has started is ended again, and git is told to ignore the folder', async () => {
  const directory = await temporaryFolder();
  await mkdir(join(directory, '.shipway'));
  await writeFile(join(directory, '.shipway/postgres'), 'no folder');
  const seen = new Set<string>();
  const look = setInterval(
    () => void processesOf(directory).then((all) => all.forEach((p) => seen.add(p))),
    50,
  );
  const starting = up({ directory, policyFile: join(directory, 'none'), say: () => undefined });
  await expect(starting).rejects.toThrow(/postgres/i);
  clearInterval(look);
  expect([...seen].join('\n')).toContain('temporal');
  expect(await processesOf(directory)).toEqual([]);
  expect(await readFile(join(directory, '.shipway/.gitignore'), 'utf8')).toBe('*\n');
});
