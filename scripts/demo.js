// `npm run demo`: sets up, then `shipway demo` with the same arguments.
import { join } from 'node:path';
import { ROOT, foreground } from './lib.js';
import { setup } from './setup.js';

await setup();
foreground(process.execPath, [join(ROOT, 'bin/shipway.js'), 'demo', ...process.argv.slice(2)], process.exit);
