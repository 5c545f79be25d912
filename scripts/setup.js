// Makes everything ready that the other commands need: dependencies, build, servers. Quick when it is done already.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, fail, hashOf, isFresh, must, say, setStamp } from './lib.js';

const NODE = [20, 19];

export async function setup({ testServer = false } = {}) {
  checkNode();
  dependencies();
  must(process.execPath, [join(ROOT, 'scripts/build.js')]);
  const { temporalBinary } = await import('../dist/src/dev/temporal-binary.js');
  const { timeSkippingServer } = await import('../dist/src/dev/time-skipping.js');
  try {
    await temporalBinary(say);
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

function dependencies() {
  const stamp = join(ROOT, 'node_modules/.shipway-installed');
  const hash = hashOf(['package-lock.json']);
  if (isFresh(stamp, hash)) return;
  say('installing dependencies');
  must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  setStamp(stamp, hash);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await setup({ testServer: process.argv.includes('--test') });
