// `npm run check`: format, lint, dead exports, types, build with the workflow bundle. Runs all of them and names what failed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, say } from './lib.js';
import { dependencies } from './setup.js';

const tool = (path, ...args) => [join(ROOT, path), ...args];
const CHECKS = {
  format: tool('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  build: tool('scripts/build.js'),
  lint: tool('node_modules/eslint/bin/eslint.js', '.'),
  'dead exports': tool('node_modules/knip/bin/knip.js', '--no-progress'),
  types: tool('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'),
};

dependencies();
const failed = Object.entries(CHECKS).filter(([name, args]) => {
  say(`checking ${name}`);
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] }).status !== 0;
});
if (failed.length > 0) {
  say(`failed: ${failed.map(([name]) => name).join(', ')}`);
  process.exit(1);
}
say('all checks pass');
