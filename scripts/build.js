// Compiles to dist/, copies what is not code, and bundles the workflows. Does nothing when dist/ was made from the same sources.
// The new dist/ is made beside the old one and put in its place: what runs meanwhile, or a build that fails, keeps the old one.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT, hashOf, must, say } from './lib.js';

const INPUTS = [
  'src',
  'workflows',
  'activities',
  'bench',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/build.js',
  'scripts/bundle.js',
];
const DIST = join(ROOT, 'dist');
const STAMP = '.stamp';
const hash = hashOf(INPUTS);
if (!isFresh()) {
  say('building');
  const work = join(ROOT, `dist.${String(process.pid)}`);
  process.on('exit', () => rmSync(work, { recursive: true, force: true }));
  compile(work);
  copy(work, 'src/store/migrations', '.sql');
  copy(work, 'src/stage', '.sh');
  copy(work, 'src/dev', '.sh');
  copy(work, 'src/adapters/routers/nginx-lua', '.lua');
  await bundle(work);
  writeFileSync(join(work, STAMP), hash);
  replace(work);
}

function isFresh() {
  const stamp = join(DIST, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
}

function compile(work) {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  must(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', work, '--incremental', 'false']);
}

function copy(work, folder, ending) {
  const from = join(ROOT, folder);
  if (!existsSync(from)) return;
  mkdirSync(join(work, folder), { recursive: true });
  for (const name of readdirSync(from).filter((n) => n.endsWith(ending)))
    cpSync(join(from, name), join(work, folder, name));
}

async function bundle(work) {
  const { DefaultLogger } = await import('@temporalio/worker');
  const { bundleWorkflows } = await import('./bundle.js');
  writeFileSync(join(work, 'workflow-bundle.js'), await bundleWorkflows(new DefaultLogger('ERROR')));
}

function replace(work) {
  const old = `${work}.old`;
  if (existsSync(DIST)) renameSync(DIST, old);
  renameSync(work, DIST);
  rmSync(old, { recursive: true, force: true });
}
