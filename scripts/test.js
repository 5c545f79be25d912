// `npm test`: sets up, runs the tests (arguments filter as Vitest's do), and ends with the counts on a line of their own.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { closing } from './counts.js';
import { ROOT, foreground, say } from './lib.js';
import { setup } from './setup.js';
import { testFolder } from './test-folder.js';

await setup({ testServer: true });
const folder = testFolder();
process.env.TMPDIR = folder;
const report = join(folder, 'report.json');
const args = [
  join(ROOT, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
foreground(process.execPath, args, (code) => {
  const written = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  rmSync(folder, { recursive: true, force: true });
  const end = closing(code, written, process.env.CI === 'true');
  for (const complaint of end.complaints) say(complaint);
  process.stdout.write(`${end.line}\n`);
  process.exitCode = end.code;
});
