import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 10 * 60_000;

/** Runs git by its arguments, deaf to the machine's and the user's configuration, and without a prompt. */
export async function git(cwd: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  };
  await promisify(execFile)(
    'git',
    ['-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false', ...args],
    { cwd, env, signal, timeout: TIMEOUT_MS },
  );
}
