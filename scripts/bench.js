// `npm run bench`: sets up, then runs the benches (arguments choose some). Type annotations are stripped by Vite's runner, as in the tests.
import { join } from 'node:path';
import { ROOT, become } from './lib.js';
import { setup } from './setup.js';

await setup();
become(process.execPath, [join(ROOT, 'dist/bench/index.js'), ...process.argv.slice(2)]);
