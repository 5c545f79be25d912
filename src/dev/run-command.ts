import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const BUFFER = 16 * 1024 ** 2;

/** Runs a program by its arguments, never through a shell; its output, or a failure with the end of what it said. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly timeoutMs: number;
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly uid?: number;
    readonly gid?: number;
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
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw new Error(`${command} is not installed`, { cause: error });
    const said = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(`${command} failed${said === '' ? '' : `: ${said}`}`, { cause: error });
  }
}
