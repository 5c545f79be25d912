import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
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

/** Runs a public command as anybody would, in the demo's directory, and gives what it said. Fails with an `AbortError` when the demo ends. */
export function shipway({ directory, signal }: Place, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: directory,
      env: ownEnvironment(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
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
