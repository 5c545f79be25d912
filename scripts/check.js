// `npm run check`: format, lint, dead exports, types, build with the workflow bundle. Runs all of them and names what failed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, say } from './lib.js';
import { setup } from './setup.js';

const tool = (path, ...args) => [process.execPath, [join(ROOT, 'node_modules', path), ...args]];
const CHECKS = {
  format: tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  lint: tool('eslint/bin/eslint.js', '.'),
  'dead exports': tool('knip/bin/knip.js', '--no-progress'),
  types: tool('typescript/bin/tsc', '-p', 'tsconfig.json'),
};

await setup();
const failed = Object.entries(CHECKS).filter(([name, [command, args]]) => {
  say(`checking ${name}`);
  return spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] }).status !== 0;
});
if (failed.length > 0) {
  say(`failed: ${failed.map(([name]) => name).join(', ')}`);
  process.exit(1);
}
say('all checks pass');
