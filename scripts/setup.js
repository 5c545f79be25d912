// Makes everything ready that the other commands need: dependencies, build, servers. Quick when it is done already.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, fail, locked, must, say } from './lib.js';

const NODE = [20, 19];

/** Dependencies alone: what the checks need. */
export function dependencies() {
  checkNode();
  locked(() => {
    if (installed()) return;
    say('installing dependencies');
    must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  });
}

export function build() {
  locked(() => must(process.execPath, [join(ROOT, 'scripts/build.js')]));
}

export async function setup({ temporal = true, testServer = false } = {}) {
  dependencies();
  build();
  const { temporalBinary } = await import('../dist/src/dev/temporal-binary.js');
  const { timeSkippingServer } = await import('../dist/src/dev/time-skipping.js');
  try {
    if (temporal) await temporalBinary(say);
    if (testServer) await timeSkippingServer(say);
  } catch (error) {
    fail(`${error.message}\n${error.next ?? ''}`);
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1])) return;
  fail(`this is Node ${process.versions.node}; shipway needs ${NODE.join('.')} or newer`);
}

/** Whether node_modules holds exactly what the lock file names, as npm itself noted at the end of its last installation. */
function installed() {
  const there = packagesOf('node_modules/.package-lock.json');
  const wanted = packagesOf('package-lock.json');
  return (
    there !== undefined &&
    Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' || there[path]?.version === version || (optional === true && there[path] === undefined),
    )
  );
}

function packagesOf(file) {
  const path = join(ROOT, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const testServer = process.argv.includes('--test');
  // `shipway dev` starts none when the environment names one; tests, demo and bench always have their own.
  await setup({ temporal: testServer || !process.env.TEMPORAL_ADDRESS, testServer });
}
