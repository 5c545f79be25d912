import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';

interface Closing {
  readonly line: string;
  readonly complaints: readonly string[];
  readonly code: number;
}
type Report = Readonly<Record<string, unknown>>;
const scripts = join(packageRoot(), 'scripts');
const { closing } = (await import(join(scripts, 'counts.js'))) as {
  readonly closing: (code: number, report: Report | undefined, strict: boolean) => Closing;
};

describe('the last line of a test run', () => {
  const good = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  const unloaded = { testResults: [{ status: 'failed', assertionResults: [] }] };
  test.each<[string, number, Report | undefined, boolean, string, number]>([
    ['all pass', 0, good, true, '7 passed, 0 failed', 0],
    ['one fails', 1, { ...good, numFailedTests: 1 }, false, '7 passed, 1 failed', 1],
    ['a file cannot be loaded', 1, { ...good, ...unloaded }, false, '7 passed, 1 failed', 1],
    ['an error outside of all tests', 1, good, false, '7 passed, 1 failed', 1],
    ['skipped', 0, { ...good, numPendingTests: 2 }, false, '7 passed, 0 failed, 2 skipped', 0],
    ['skipped in CI', 0, { ...good, numPendingTests: 2 }, true, '7 passed, 0 failed, 2 skipped', 1],
    ['to do in CI', 0, { ...good, numTodoTests: 1 }, true, '7 passed, 0 failed, 1 skipped', 1],
    ['no test', 0, { ...good, numPassedTests: 0 }, false, '0 passed, 0 failed', 1],
    ['no report', 130, undefined, false, '0 passed, 1 failed', 1],
  ])('%s', (_, code, report, strict, line, ends) => {
    expect(closing(code, report, strict)).toMatchObject({ line, code: ends });
  });
});

test('a second set-up does nothing and is quick', async () => {
  const began = Date.now();
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    join(scripts, 'setup.js'),
    '--test',
  ]);
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  expect(Date.now() - began).toBeLessThan(5_000);
});
