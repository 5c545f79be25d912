// What the scripts share. Plain Node, without any dependency: node_modules may not be there yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const say = (line) => process.stderr.write(`${line}\n`);

/** Runs a program to its end with our output; exits with its code when it fails. */
export function must(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    ...options,
  });
  if (error !== undefined) fail(`${command} cannot be run: ${error.message}`);
  if (signal !== null) process.exit(codeOf(null, signal));
  if (status !== 0) fail(`${[command, ...args].join(' ')} failed (${String(status)})`);
}

export function fail(why) {
  say(why);
  process.exit(1);
}

/** Runs a program in the foreground and hands signals on; `ended` gets its exit code. */
export function foreground(command, args, ended) {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${command} cannot be run: ${error.message}`));
  child.on('exit', (code, signal) => ended(codeOf(code, signal)));
}

/** As a shell gives it: 128 and the signal's number for what a signal ended. */
const codeOf = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);

/** A hash over the content of files and folders: the same tree, the same text. */
export function hashOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
      return;
    }
    hash.update(path.slice(ROOT.length)).update('\0').update(readFileSync(path)).update('\0');
  };
  for (const path of paths) visit(join(ROOT, path));
  return hash.digest('hex');
}

const LOCK = join(tmpdir(), `shipway-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`);
const ASK_MS = 200;

/** Lets one script at a time install and build in this checkout; the lock of a process that died is taken over. */
export function locked(work) {
  while (!take()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ASK_MS);
  const release = () => rmSync(LOCK, { force: true });
  process.on('exit', release);
  try {
    return work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!holderLives()) rmSync(LOCK, { force: true });
  return false;
}

/** An unreadable holder is one that is just taking or releasing the lock. */
function holderLives() {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
