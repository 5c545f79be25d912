import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { refused, unavailable } from './failures.js';
import type { NginxAt } from './nginx-place.js';

const ENDS_MS = 10_000;

/**
 * Fails with `router.refused`, and what nginx says, when it would not start with what its files say; with `router.unavailable` when it
 * cannot be asked.
 */
export const testConfiguration = (at: NginxAt, signal: AbortSignal): Promise<void> =>
  run(at, ['-t'], signal, (said, judged) =>
    judged
      ? refused(`nginx refuses its configuration: ${said}`)
      : unavailable(`nginx cannot test its configuration: ${said}`),
  );

/** Fails with `router.unavailable` when there is no nginx to be told. */
export const tellToReload = (at: NginxAt, signal: AbortSignal): Promise<void> =>
  run(at, ['-s', 'reload'], signal, (said) => unavailable(`nginx cannot be reloaded: ${said}`));

async function run(
  { command: [program = '', ...before] }: NginxAt,
  args: readonly string[],
  signal: AbortSignal,
  failure: (said: string, judged: boolean) => Error,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await promisify(execFile)(program, [...before, ...args], { timeout: ENDS_MS, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw failure(saidIn(error as Failed), judgedIn(error as Failed));
  }
}
interface Failed extends Omit<NodeJS.ErrnoException, 'code'> {
  /** A number: it exited by itself. */
  readonly code?: string | number | null;
  readonly stderr?: string;
}

/** nginx has come to its end, and to a judgement; not so what cannot start it, or what was ended because it hung. */
const judgedIn = ({ code, stderr = '' }: Failed): boolean =>
  typeof code === 'number' && stderr.includes('[emerg]');

/** The line that names the file, where there is one. */
function saidIn({ stderr = '', message, code }: Failed): string {
  if (code === 'ENOENT') return `${message}; policy: nginx.command`;
  const lines = stderr.trim().split('\n');
  return (lines.find((line) => /\[emerg\]|\[error\]/.test(line)) ?? lines[0] ?? '') || message;
}
