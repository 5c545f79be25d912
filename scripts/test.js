// `npm test`: sets up, runs the tests (arguments filter as Vitest's do), and ends with the counts on a line of their own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, say } from './lib.js';
import { setup } from './setup.js';

await setup({ testServer: true });
const folder = mkdtempSync(join(tmpdir(), 'shipway-test-'));
const report = join(folder, 'report.json');
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const args = [
  vitest,
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = finish(code ?? 1);
});

function finish(code) {
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests, numTodoTests } = read();
  rmSync(folder, { recursive: true, force: true });
  const skipped = numPendingTests + numTodoTests;
  const strict = process.env.CI === 'true';
  if (strict && skipped > 0) say('tests were skipped, which CI does not allow');
  if (passed + failed === 0) say('no test ran');
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return code !== 0 || failed > 0 || passed === 0 || (strict && skipped > 0) ? 1 : 0;
}

function read() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}
