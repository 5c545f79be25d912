import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { adminOf, ask, type Admin, type Lab } from './lab.js';

export interface Running {
  readonly child: ChildProcess;
  readonly stderr: () => string;
}

const MAIN = join(packageRoot(), 'dist/src/gateway/main.js');

/** The built gateway as a process of its own. */
export function spawnGateway(lab: Lab, args: readonly string[], env: Record<string, string> = {}): Running {
  return tracked(lab, process.execPath, [MAIN, ...args], env);
}

export const gatewayProcess = (lab: Lab, stateDir: string): Promise<Admin & Running> =>
  serving(stateDir, spawnGateway(lab, ['--state', stateDir, '--admin-port', '0']));

/** One that may have so many files open and no more. */
export const gatewayOfFewFiles = (lab: Lab, stateDir: string, files: number): Promise<Admin & Running> => {
  const args = [process.execPath, MAIN, '--state', stateDir, '--admin-port', '0'];
  return serving(stateDir, tracked(lab, 'sh', ['-c', `ulimit -n ${String(files)}; exec "$0" "$@"`, ...args]));
};

async function serving(stateDir: string, running: Running): Promise<Admin & Running> {
  for (;;) {
    if (running.child.exitCode !== null) throw new Error(`the gateway ended: ${running.stderr()}`);
    const admin = await adminOf(stateDir).catch(() => undefined);
    const health = admin && (await ask(`${admin.adminUrl}/health`).catch(() => undefined));
    const pid = health && (JSON.parse(health.body) as { pid: number }).pid;
    if (admin !== undefined && pid === running.child.pid) return { ...admin, ...running };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Answers its name after up to 20 ms; it has no handler for SIGTERM, so that it dies with what is in flight. */
const BACKEND = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end(process.argv[1]), Math.random() * 20));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export async function backendProcess(lab: Lab, name: string): Promise<{ url: string; child: ChildProcess }> {
  const { child } = tracked(lab, process.execPath, ['-e', BACKEND, name]);
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${port.toString().trim()}`, child };
}

export async function ended({ child }: Pick<Running, 'child'>): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

export async function kill(
  running: Pick<Running, 'child'>,
  signal: NodeJS.Signals,
): Promise<number | NodeJS.Signals | null> {
  running.child.kill(signal);
  return ended(running);
}

function tracked(
  lab: Lab,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  let text = '';
  child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
  lab.onEnd(() => kill({ child }, 'SIGKILL'));
  return { child, stderr: () => text };
}
