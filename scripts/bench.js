// `npm run bench`: sets up, then runs the benches (arguments choose some). They are built like the rest.
import { join } from 'node:path';
import { ROOT, foreground } from './lib.js';
import { setup } from './setup.js';

await setup();
foreground(process.execPath, [join(ROOT, 'dist/bench/index.js'), ...process.argv.slice(2)], process.exit);
