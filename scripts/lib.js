// What the scripts share. Plain Node, without any dependency: node_modules may not be there yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
const SAY_MS = 5_000;
const EMPTY_MS = 10_000;

/** Lets one script at a time install and build in this checkout; the lock of a process that died is taken over. */
export function locked(work, { file = LOCK, sayAfterMs = SAY_MS } = {}) {
  const begun = performance.now();
  let said = false;
  while (!take(file)) {
    if (!said && performance.now() - begun > sayAfterMs) {
      said = true;
      say(`waiting for another that sets up here; if there is none, remove ${file}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ASK_MS);
  }
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** The file appears with its holder in it, so that nobody takes one that is just being written for one left behind. */
function take(file) {
  const mine = `${file}.${String(process.pid)}`;
  writeFileSync(mine, String(process.pid));
  try {
    return linked(mine, file) || (!holderLives(file) && takeOver(file, mine));
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Another may have taken over since it was looked at: what was moved away is looked at again, and put back when its holder lives. */
function takeOver(file, mine) {
  const aside = `${mine}.dead`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  const free = !holderLives(aside);
  if (!free) linked(aside, file);
  rmSync(aside, { force: true });
  return free && linked(mine, file);
}

function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A holder that cannot be asked, or is just releasing the lock, counts as living; one that never wrote its name in time does not. */
function holderLives(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (!(pid > 0)) return Date.now() - statSync(file).mtimeMs < EMPTY_MS;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
