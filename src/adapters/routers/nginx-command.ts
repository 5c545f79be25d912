import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { refused, unavailable } from './failures.js';
import type { NginxAt } from './nginx-place.js';

const ENDS_MS = 10_000;

/** Fails with `router.refused`, and what nginx says, when it would not start with what its files say. */
export const testConfiguration = (at: NginxAt, signal: AbortSignal): Promise<void> =>
  run(at, ['-t'], signal, (said) => refused(`nginx refuses its configuration: ${said}`));

/** Fails with `router.unavailable` when there is no nginx to be told. */
export const tellToReload = (at: NginxAt, signal: AbortSignal): Promise<void> =>
  run(at, ['-s', 'reload'], signal, (said) => unavailable(`nginx cannot be reloaded: ${said}`));

async function run(
  { command: [program = '', ...before] }: NginxAt,
  args: readonly string[],
  signal: AbortSignal,
  failure: (said: string) => Error,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await promisify(execFile)(program, [...before, ...args], { timeout: ENDS_MS, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw failure(saidIn(error as Failed));
  }
}
interface Failed extends NodeJS.ErrnoException {
  readonly stderr?: string;
}

/** The line that names the file, where there is one. */
function saidIn({ stderr = '', message, code }: Failed): string {
  if (code === 'ENOENT') return `${message}; policy: nginx.command`;
  const lines = stderr.trim().split('\n');
  return (lines.find((line) => /\[emerg\]|\[error\]/.test(line)) ?? lines[0] ?? '') || message;
}
