import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import type { Say } from './acquire.js';
import { freePort } from '../free-port.js';
import { identityOf, stopProcess } from '../processes.js';
import { temporalBinary } from './temporal-binary.js';

export interface TemporalOptions {
  /** The database lies in it; absent: in memory. */
  readonly dataDir?: string;
  readonly searchAttributes?: Readonly<Record<string, string>>;
  /** Absent: what the server says is thrown away. */
  readonly logFile?: string;
  /** Stock settings, for a comparison; default is tuned. */
  readonly stock?: boolean;
  readonly ui?: boolean;
  readonly say?: Say;
}
export interface RunningTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const READY_MS = 30_000;
const GRACE_MS = 5_000;

/** Queues are polled as often as asked, and timers fire when they are due: stock spaces polls 50 ms apart and timers by up to a second. */
const TUNING = [
  'history.transferProcessorMaxPollRPS=5000',
  'history.timerProcessorMaxPollRPS=5000',
  'history.visibilityProcessorMaxPollRPS=5000',
  'history.timerProcessorMaxTimeShift="10ms"',
  'system.enableActivityEagerExecution=true',
];
const PRAGMAS = ['journal_mode=wal', 'synchronous=normal'];

/** Starts Temporal's development server on free ports of 127.0.0.1 and waits until it answers. */
export async function startTemporal(options: TemporalOptions = {}): Promise<RunningTemporal> {
  const binary = await temporalBinary(options.say ?? (() => undefined));
  if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true });
  const [port, uiPort, http, metrics] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const log = options.logFile === undefined ? 'ignore' : openSync(options.logFile, 'a', 0o600);
  const child = spawn(binary, argumentsFor(options, { port, uiPort, http, metrics }), {
    detached: true,
    stdio: ['ignore', log, log],
  });
  if (typeof log === 'number') closeSync(log);
  await answering(child, port, options.logFile);
  const identity = await identityOf(child.pid ?? 0);
  return {
    address: `127.0.0.1:${String(port)}`,
    uiUrl: `http://127.0.0.1:${String(uiPort)}`,
    pid: identity.pid,
    stop: () => stopProcess(identity, { graceMs: GRACE_MS }),
  };
}

interface Ports {
  readonly port: number;
  readonly uiPort: number;
  readonly http: number;
  readonly metrics: number;
}

function argumentsFor(options: TemporalOptions, { port, uiPort, http, metrics }: Ports): string[] {
  const { dataDir, searchAttributes = {}, stock = false, ui = true } = options;
  const each = (flag: string, values: readonly string[]): string[] => values.flatMap((v) => [flag, v]);
  return [
    ...[
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--http-port',
      String(http),
      '--metrics-port',
      String(metrics),
    ],
    ...(ui ? ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)] : ['--headless']),
    ...['--log-level', 'error', '--log-format', 'json'],
    ...(dataDir === undefined ? [] : ['--db-filename', join(dataDir, 'temporal.db')]),
    ...(stock ? [] : each('--dynamic-config-value', TUNING)),
    ...(stock || dataDir === undefined ? [] : each('--sqlite-pragma', PRAGMAS)),
    ...each(
      '--search-attribute',
      Object.entries(searchAttributes).map(([name, type]) => `${name}=${type}`),
    ),
  ];
}

/** The frontend takes connections only once the namespace is there. */
async function answering(child: ChildProcess, port: number, logFile: string | undefined): Promise<void> {
  const until = Date.now() + READY_MS;
  const started = new Promise<Error | undefined>((resolve) => {
    child.once('error', resolve);
    child.once('spawn', () => {
      resolve(undefined);
    });
  });
  const error = await started;
  if (error !== undefined) throw error;
  while (Date.now() < until && child.exitCode === null) {
    if (await accepts(port)) {
      child.unref();
      return;
    }
    await new Promise((r) => setTimeout(r, 25));
  }
  child.kill('SIGKILL');
  throw new UsageError(
    'the Temporal server did not start',
    logFile === undefined ? 'start it by hand to see why' : `read its log: ${logFile}`,
  );
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}
