// `npm run bench`: sets up, then runs the benches (arguments choose some). They are built like the rest.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, foreground, must, say } from './lib.js';
import { setup } from './setup.js';

await setup();
const asked = process.argv.slice(2);
const PEERS = join(ROOT, 'bench/peers');
// A quarter of a gigabyte that nothing else needs.
if (
  (asked.length === 0 || asked.includes('peers')) &&
  !existsSync(join(PEERS, 'node_modules/.package-lock.json'))
) {
  say('installing the peers');
  must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: PEERS });
}
foreground(process.execPath, [join(ROOT, 'dist/bench/index.js'), ...asked], process.exit);
