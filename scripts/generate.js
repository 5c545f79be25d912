// `npm run generate`: writes the references and schemas that are made of the code. A test holds the files equal to it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, say } from './lib.js';
import { build, dependencies } from './setup.js';

dependencies();
build();
const [{ generated }, { commandsReference }, { failuresReference }] = await Promise.all([
  import('../dist/src/config/generate.js'),
  import('../dist/src/cli/docs/commands.js'),
  import('../dist/src/cli/docs/failures.js'),
]);
const files = {
  ...generated(),
  'docs/cli.md': commandsReference(),
  'docs/failures.md': failuresReference(),
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), text);
  say(`wrote ${path}`);
}
