import { exec, execFile } from 'node:child_process';
import { readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { temporaryFolder } from './temporary.js';

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

test('killing processes at every step is left out where nobody asks for it, and never in CI', async () => {
  const { withoutFaults } = (await import(join(scripts, 'tiers.js'))) as {
    readonly withoutFaults: (filters: readonly string[], strict: boolean) => boolean;
  };
  expect(withoutFaults([], false)).toBe(true);
  expect(withoutFaults([], true)).toBe(false);
  expect(withoutFaults(['faults'], false)).toBe(false);
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

test('the benches are set up and reached; one that is not there is refused with those that are', async () => {
  const typed = promisify(exec)('npm run --silent bench -- none', { cwd: packageRoot() });
  await expect(typed).rejects.toMatchObject({
    ...{ code: 2, stdout: '' },
    stderr:
      'there is no bench none; there are stages, temporal, cli, worker, parked, bake, rollback, traffic, lost, judgement, peers\n',
  });
});

describe('the lock of the set-up', () => {
  /** A script that notes in `notes` when it has the lock, and holds it for a moment. */
  const holder = (file: string, notes: string, sayAfterMs: number) =>
    promisify(execFile)(process.execPath, [
      ...['--input-type=module', '--eval'],
      `import { appendFileSync } from 'node:fs';
      import { locked } from ${JSON.stringify(join(scripts, 'lib.js'))};
      const note = (what) => appendFileSync(${JSON.stringify(notes)}, what);
      const work = () => { note('<'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); note('>'); };
      locked(work, { file: ${JSON.stringify(file)}, sayAfterMs: ${String(sayAfterMs)} });`,
    ]);

  test('is held by one at a time, also when it is taken over from one that died', async () => {
    const folder = await temporaryFolder();
    const [file, notes] = [join(folder, 'lock'), join(folder, 'notes')];
    await writeFile(file, '999999999');
    await Promise.all(Array.from({ length: 6 }, () => holder(file, notes, 60_000)));
    expect(await readFile(notes, 'utf8')).toBe('<>'.repeat(6));
    expect(await readdir(folder)).toEqual(['notes']);
  });

  test('that is empty is taken over once it is old; until then it is waited for, and the file is named', async () => {
    const folder = await temporaryFolder();
    const [file, notes] = [join(folder, 'lock'), join(folder, 'notes')];
    await writeFile(file, '');
    const waiting = holder(file, notes, 300);
    await new Promise((r) => setTimeout(r, 1_500));
    expect(await readdir(folder)).not.toContain('notes');
    const old = new Date(Date.now() - 11_000);
    await utimes(file, old, old);
    expect((await waiting).stderr).toBe(
      `waiting for another that sets up here; if there is none, remove ${file}\n`,
    );
    expect(await readFile(notes, 'utf8')).toBe('<>');
  });
});
