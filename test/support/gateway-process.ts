import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { gatewayMetrics } from '../../src/adapters/metrics/gateway.js';
import { gatewayRouter } from '../../src/adapters/routers/gateway.js';
import { packageRoot } from '../../src/paths.js';
import { TARGET, never, type MetricsHarness } from '../../src/testing/world.js';
import type { Ending } from '../contracts/contract.js';

/** What somebody else must know of it before it starts. */
interface Known {
  readonly adminPort?: number;
  readonly token?: string;
}

type GatewayProcess = MetricsHarness & Ending & { readonly stateDir: string };

/**
 * What makes a gateway for each test of this file: the same process for one after the other, which forgets the target at the end of each.
 * One that was killed for good is followed by a new one.
 */
export function gatewayOfFile(): () => Promise<GatewayProcess> {
  let idle: GatewayProcess | undefined;
  afterAll(() => idle?.end());
  return async () => {
    const gateway = idle ?? (await gatewayProcess());
    idle = undefined;
    let killed = false;
    return {
      ...gateway,
      kill: async () => {
        killed = true;
        await gateway.kill();
      },
      end: async () => {
        if (killed) return gateway.end();
        await gateway.router.close(TARGET, never);
        idle = gateway;
      },
    };
  };
}

/** The gateway as the built process that it is, on a folder of its own. */
export async function gatewayProcess({ adminPort = 0, token }: Known = {}): Promise<GatewayProcess> {
  const stateDir = await mkdtemp(join(tmpdir(), 'gateway-'));
  if (token !== undefined) await writeFile(join(stateDir, 'token'), token);
  let child = await started(stateDir, adminPort);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  return {
    stateDir,
    router: gatewayRouter({ stateDir }),
    metrics: gatewayMetrics({ stateDir }),
    kill,
    restart: async () => {
      await kill();
      child = await started(stateDir, adminPort);
    },
    end: async () => {
      await kill();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

async function started(stateDir: string, adminPort: number): Promise<ChildProcess> {
  const args = [
    join(packageRoot(), 'dist/src/gateway/main.js'),
    '--state',
    stateDir,
    '--admin-port',
    String(adminPort),
  ];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] ?? '', SHIPWAY_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  while ((await notedPid(stateDir)) !== child.pid) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${String(child.exitCode)}`);
    await new Promise((r) => setTimeout(r, 20));
  }
  return child;
}

async function notedPid(stateDir: string): Promise<number | undefined> {
  const text = await readFile(join(stateDir, 'gateway.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { pid?: number }).pid;
}
