// `npm run demo`: sets up, then `shipway demo` with the same arguments.
import { join } from 'node:path';
import { ROOT, become } from './lib.js';
import { setup } from './setup.js';

await setup();
become(process.execPath, [join(ROOT, 'bin/shipway.js'), 'demo', ...process.argv.slice(2)]);
