import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { linesOf } from '../../client/lines.js';
import { REFUSED } from '../../domain/outcome.js';
import { ownEnvironment } from '../../dev/environment.js';
import { packageRoot } from '../../paths.js';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** Where a demo's commands run, and what ends them early. */
export interface Place {
  readonly directory: string;
  readonly signal: AbortSignal;
}

const started = ({ directory, signal }: Place, args: readonly string[]) =>
  spawn(process.execPath, [BIN, ...args], {
    cwd: directory,
    env: ownEnvironment(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });

/** Runs a public command as anybody would, in the demo's directory, and gives what it said. Fails with an `AbortError` when the demo ends. */
export function shipway(place: Place, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = started(place, args);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? 1, stdout, stderr });
    });
  });
}

/** The one JSON object that a command prints with `--json`; a command that fails is an error with its own words. */
export async function answerOf<T>(place: Place, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await shipway(place, [...args, '--json']);
  if (code !== 0) throw new Error(`shipway ${args.join(' ')} ended with ${String(code)}:\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** How a command ends that has followed something to its end, however that was. */
const FOLLOWED: readonly (number | null)[] = [0, 1, REFUSED];

/** What a command that follows something prints on stdout, line by line as it comes. Fails with its own words when it could not. */
export async function* linesFrom(place: Place, args: readonly string[]): AsyncIterable<string> {
  const child = started(place, args);
  const ended = once(child, 'close') as Promise<[number | null]>;
  // Awaited below, after the last line: that it could not be started must not count as unheard until then.
  ended.catch(() => undefined);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  try {
    yield* linesOf(child.stdout);
    const [code] = await ended;
    if (!FOLLOWED.includes(code))
      throw new Error(`shipway ${args.join(' ')} ended with ${String(code)}:\n${stderr}`);
  } finally {
    child.kill();
  }
}

export const BIN = join(packageRoot(), 'bin/shipway.js');

/** What a person must type for `shipway`: the name alone only where a shell would find this very program by it. */
export function typed(env: NodeJS.ProcessEnv = process.env): string {
  const found = (env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      return folder !== '' && realpathSync(join(folder, 'shipway')) === realpathSync(BIN);
    } catch {
      return false;
    }
  });
  return found ? 'shipway' : `node ${/^[\w./-]+$/.test(BIN) ? BIN : `'${BIN.replaceAll("'", "'\\''")}'`}`;
}
