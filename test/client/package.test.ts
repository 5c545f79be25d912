import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';

test('a user’s own code imports the client by the package’s name', () => {
  const script = "import('shipway').then(({ connect }) => console.log(typeof connect))";
  const said = execFileSync(process.execPath, ['-e', script], { cwd: packageRoot(), encoding: 'utf8' });
  expect(said).toBe('function\n');
});
