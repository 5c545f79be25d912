import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { adminOf, ask, type Admin, type Lab } from './lab.js';

export interface Running {
  readonly child: ChildProcess;
  readonly stderr: () => string;
}

/** The built gateway as a process of its own. */
export function spawnGateway(lab: Lab, args: readonly string[], env: Record<string, string> = {}): Running {
  const main = join(packageRoot(), 'dist/src/gateway/main.js');
  return tracked(lab, [main, ...args], env);
}

export async function gatewayProcess(lab: Lab, stateDir: string): Promise<Admin & Running> {
  const running = spawnGateway(lab, ['--state', stateDir, '--admin-port', '0']);
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
  const { child } = tracked(lab, ['-e', BACKEND, name], {});
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

function tracked(lab: Lab, args: readonly string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  let text = '';
  child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
  lab.onEnd(() => kill({ child }, 'SIGKILL'));
  return { child, stderr: () => text };
}
