import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { adminApp } from './admin.js';
import { Gateway } from './gateway.js';
import { closeGently, HOST } from './listener.js';
import { claimStateDir, loadState, makeStateDir, tokenOf, writeNote } from './state-dir.js';

export interface GatewayOptions {
  /** Holds `state.json`, `token` and `gateway.json`; made when it is missing. */
  readonly stateDir: string;
  /** Port of the admin API on 127.0.0.1; 0 is a free one. */
  readonly adminPort: number;
  readonly log: Logger;
}
export interface RunningGateway {
  readonly adminUrl: string;
  readonly close: () => Promise<void>;
}

const ADMIN_CLOSE_MS = 1_000;

/**
 * A gateway that serves what its state directory remembers; `gateway.json` is written when it does.
 * Fails when another gateway runs on the directory, its state is unreadable, or the admin port is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  await makeStateDir(options.stateDir);
  const release = await claimStateDir(options.stateDir);
  try {
    return await serve(options, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function serve(
  { stateDir, adminPort, log }: GatewayOptions,
  release: () => void,
): Promise<RunningGateway> {
  const token = await tokenOf(stateDir);
  const gateway = new Gateway(stateDir, await loadState(stateDir), log);
  const startedAt = new Date().toISOString();
  const admin = adminApp({ gateway, token, epoch: randomUUID(), startedAt, log });
  const adminUrl = await admin.listen({ host: HOST, port: adminPort });
  await gateway.start();
  await writeNote(stateDir, { pid: process.pid, startedAt, adminUrl });
  log.info({ adminUrl, targets: gateway.state.targets.length }, 'the gateway serves');
  const close = async (): Promise<void> => {
    await Promise.all([closeGently(admin, ADMIN_CLOSE_MS), gateway.stop()]);
    release();
  };
  return { adminUrl, close };
}
