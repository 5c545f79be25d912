import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const BUFFER = 16 * 1024 ** 2;

/** Runs a program by its arguments, never through a shell; its output, or a failure with what it said was wrong. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly timeoutMs: number;
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly uid?: number;
    readonly gid?: number;
    readonly signal?: AbortSignal;
  },
): Promise<string> {
  const { timeoutMs, ...rest } = options;
  try {
    const { stdout } = await promisify(execFile)(command, [...args], {
      ...rest,
      timeout: timeoutMs,
      maxBuffer: BUFFER,
    });
    return stdout;
  } catch (error) {
    throw new Error(whyFailed(command, timeoutMs, error as Failed), { cause: error });
  }
}

interface Failed {
  readonly code?: unknown;
  readonly killed?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
}

function whyFailed(command: string, timeoutMs: number, { code, killed, stdout, stderr }: Failed): string {
  if (code === 'ENOENT') return command.includes('/') ? 'nothing is there' : `${command} is not installed`;
  if (code === 'EACCES') return `${command} may not be executed`;
  if (killed === true) return `${command} did not end within ${String(timeoutMs / 1000)} s`;
  const lines = (stderr?.trim() || stdout?.trim() || '').split('\n');
  const said = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
  return `${command} failed${said === '' ? '' : `: ${said}`}`;
}
