import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

// The same commit always builds the same files: no time, no machine's name in them.
const root = new URL('../', import.meta.url);
const packageVersion = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;
const stamp = {
  version: process.env.SHIPWAY_VERSION ?? packageVersion,
  commit: process.env.SHIPWAY_COMMIT ?? head(),
};

rmSync(new URL('dist/', root), { recursive: true, force: true });
cpSync(new URL('src/', root), new URL('dist/', root), { recursive: true });
writeFileSync(new URL('dist/version.json', root), `${JSON.stringify(stamp, null, 2)}\n`);
process.stdout.write(`built ${stamp.version} (${stamp.commit}) into dist/\n`);

function head() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown'; // a source tree without its repository
  }
}
