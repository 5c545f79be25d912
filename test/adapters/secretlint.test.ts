import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { secretlintScanner } from '../../src/adapters/scanners/secretlint.js';
import { PLANTED, scannerContract } from '../contracts/scanner.js';

scannerContract('secretlint', () => Promise.resolve(secretlintScanner()));

test('a comment in the file lets one pass, for all to see', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const line = `const k = '${PLANTED['GitHub token'] ?? ''}';`;
  await writeFile(join(folder, 'a.js'), `${line} // secretlint-disable-line\n${line}\n`);
  expect(await secretlintScanner().scan(folder, new AbortController().signal)).toMatchObject([{ line: 2 }]);
});

test('a scan leaves nothing behind in the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (let i = 0; i < 50; i++) await writeFile(join(folder, `${String(i)}.js`), 'const a = 1;\n');
  const before = performance.getEntries().length;
  await secretlintScanner().scan(folder, new AbortController().signal);
  expect(performance.getEntries().length - before).toBe(0);
});
