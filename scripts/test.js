// `npm test`: sets up, runs the tests (arguments filter as Vitest's do), and ends with the counts on a line of their own. Without arguments,
// and where it is not CI, the killing of processes at every step is left out, which takes minutes and is asked for by `npm test -- faults`.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { closing } from './counts.js';
import { ROOT, foreground, say } from './lib.js';
import { setup } from './setup.js';
import { testFolder } from './test-folder.js';
import { FAULTS_LEFT_OUT, withoutFaults } from './tiers.js';

await setup({ testServer: true });
const folder = testFolder();
process.env.TMPDIR = folder;
const report = join(folder, 'report.json');
const filters = process.argv.slice(2);
const strict = process.env.CI === 'true';
const quick = withoutFaults(filters, strict);
const args = [
  join(ROOT, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...(quick ? [FAULTS_LEFT_OUT] : []),
  ...filters,
];
foreground(process.execPath, args, (code) => {
  const written = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  rmSync(folder, { recursive: true, force: true });
  const end = closing(code, written, strict);
  for (const complaint of end.complaints) say(complaint);
  if (quick) say('the killing of processes at every step was not tested: npm test -- faults');
  process.stdout.write(`${end.line}\n`);
  process.exitCode = end.code;
});
