// Compiles to dist/, copies what is not code, and bundles the workflows. Does nothing when dist/ was made from the same sources.
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
const dist = join(ROOT, 'dist');
const hash = hashOf(INPUTS);
if (!isFresh(join(dist, '.stamp'), hash)) await build(`${dist}.${process.pid}`);

/** Made beside and moved into place: whoever runs from dist/ meanwhile has the old one whole or the new one whole. */
async function build(work) {
  say('building');
  try {
    must(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', work]);
    copy('src/store/migrations', '.sql', work);
    copy('src/stage', '.sh', work);
    await bundle(work);
    setStamp(join(work, '.stamp'), hash);
    rmSync(dist, { recursive: true, force: true });
    renameSync(work, dist);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function copy(folder, ending, work) {
  const from = join(ROOT, folder);
  if (!existsSync(from)) return;
  mkdirSync(join(work, folder), { recursive: true });
  for (const name of readdirSync(from).filter((n) => n.endsWith(ending)))
    cpSync(join(from, name), join(work, folder, name));
}

async function bundle(work) {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(work, 'workflows/index.js'),
    logger: new DefaultLogger('ERROR'),
  });
  writeFileSync(join(work, 'workflow-bundle.js'), code);
}
