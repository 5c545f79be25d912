// Compiles to dist/, copies what is not code, and bundles the workflows. Does nothing when dist/ was made from the same sources.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, hashOf, isFresh, must, say, setStamp } from './lib.js';

const INPUTS = [
  'src',
  'workflows',
  'activities',
  'bench',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/build.js',
];
const stamp = join(ROOT, 'dist/.stamp');
const hash = hashOf(INPUTS);
if (!isFresh(stamp, hash)) {
  say('building');
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  must(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  copy('src/store/migrations', '.sql');
  copy('src/stage', '.sh');
  await bundle();
  setStamp(stamp, hash);
}

function copy(folder, ending) {
  const from = join(ROOT, folder);
  if (!existsSync(from)) return;
  mkdirSync(join(ROOT, 'dist', folder), { recursive: true });
  for (const name of readdirSync(from).filter((n) => n.endsWith(ending)))
    cpSync(join(from, name), join(ROOT, 'dist', folder, name));
}

async function bundle() {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'dist/workflows/index.js'),
    logger: new DefaultLogger('ERROR'),
  });
  writeFileSync(join(ROOT, 'dist/workflow-bundle.js'), code);
}
