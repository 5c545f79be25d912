import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../paths.js';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a public command as anybody would, in `directory`, and gives what it said. */
export function shipway(directory: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(packageRoot(), 'bin/shipway.js'), ...args], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
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
export async function answerOf<T>(
  directory: string,
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<T> {
  const ended = await shipway(directory, [...args, '--json']);
  if (!codes.includes(ended.code))
    throw new Error(`shipway ${args.join(' ')} ended with ${String(ended.code)}:\n${ended.stderr}`);
  return JSON.parse(ended.stdout) as T;
}
