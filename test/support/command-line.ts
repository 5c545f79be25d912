import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Typed {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends with SIGINT, as Ctrl-C does, once this has been said. */
  readonly interruptAt?: RegExp;
  /** What comes on stdin; without it there is none. */
  readonly input?: string;
}

/** The environment of a person at a terminal who has set nothing of Temporal's or shipway's. */
export const plain = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
});

export const startShipway = (args: readonly string[], { cwd = '/', env = {}, input }: Typed = {}) => {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin/shipway.js'), ...args], {
    cwd,
    env: { ...plain(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that reads nothing may be over before.
  child.stdin.on('error', () => undefined).end(input ?? '');
  return child;
};

/** `shipway …` as a real process, to its end. */
export function shipway(args: readonly string[], typed: Typed = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = startShipway(args, typed);
    let [stdout, stderr] = ['', ''];
    let interrupted = false;
    const heard = (): void => {
      if (interrupted || typed.interruptAt?.test(stdout + stderr) !== true) return;
      interrupted = child.kill('SIGINT');
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      heard();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      heard();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

/** What `--json` printed: one line that is one object, and nothing else. */
export function jsonOf({ stdout, stderr }: Said): Record<string, unknown> {
  const lines = stdout.split('\n');
  if (lines.length !== 2 || lines[1] !== '')
    throw new Error(`not one line on stdout:\n${stdout}\non stderr:\n${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** As a golden file has it: the exit code, then each stream. */
export const transcript = ({ code, stdout, stderr }: Said): string =>
  [`exit ${String(code)}`, ...marked('out', stdout), ...marked('err', stderr), ''].join('\n');

const marked = (name: string, text: string): readonly string[] =>
  text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${name}: ${line}`.trimEnd());
