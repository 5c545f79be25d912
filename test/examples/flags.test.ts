import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { shipway } from '../support/command-line.js';

const FLAGS = join(packageRoot(), 'examples/flags');

test('its own tests pass', async () => {
  const args = ['--test', '--test-reporter=tap', 'test/flags.test.js'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: FLAGS });
  expect(stdout).toMatch(/^# pass 3$/m);
});

test('its configuration is valid', async () => {
  const said = await shipway(['validate', '-f', join(FLAGS, 'shipway.yaml')]);
  expect(said).toMatchObject({ code: 0, stderr: '' });
});
