import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { freePort } from '../free-port.js';
import { stopProcess } from '../processes.js';
import type { Say } from './acquire.js';
import type { Guard } from './guard.js';
import { didNotStart, started, type Noted } from './started.js';
import { TUNED_ENVIRONMENT, temporalArguments } from './temporal-arguments.js';
import { temporalBinary } from './temporal-binary.js';
import { temporalPackage } from '../temporal-package.js';

const temporal = temporalPackage('@temporalio/client');

export interface TemporalOptions {
  /** The database lies in it; absent: in memory. */
  readonly dataDir?: string;
  /** Absent: a free one. */
  readonly port?: number;
  readonly searchAttributes?: Readonly<Record<string, string>>;
  /** Absent: what the server says is thrown away. */
  readonly logFile?: string;
  /** Stock settings, for a comparison; default is tuned. */
  readonly stock?: boolean;
  readonly ui?: boolean;
  readonly say?: Say;
  /** Ends the server should this process die. */
  readonly guard?: Guard;
  readonly noted?: Noted;
}
export interface RunningTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const GRACE_MS = 5_000;
const ANSWER_MS = 1_000;
/** A port that was free may be taken by the time the server opens it. */
const ATTEMPTS = 3;

/** Starts Temporal's development server on free ports of 127.0.0.1 and waits until it answers. */
export async function startTemporal({
  guard,
  noted,
  logFile,
  ...options
}: TemporalOptions = {}): Promise<RunningTemporal> {
  const program = await temporalBinary(options.say ?? (() => undefined));
  const dataDir = options.dataDir === undefined ? undefined : resolve(options.dataDir);
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  if (options.port !== undefined && (await accepts(options.port)))
    throw new UsageError(
      `port ${String(options.port)} is taken by another program`,
      'end that program, or choose another port',
    );
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [uiPort, http, metrics] = await Promise.all([freePort(), freePort(), freePort()]);
    const port = options.port ?? (await freePort());
    const settings = { ...options, ...(dataDir === undefined ? {} : { dataDir }) };
    const identity = await started({
      name: 'the Temporal server',
      program,
      args: temporalArguments(settings, { port, uiPort, http, metrics }),
      ...(options.stock === true ? {} : { env: TUNED_ENVIRONMENT }),
      signal: 'TERM',
      ...(logFile === undefined ? {} : { logFile }),
      ...(guard === undefined ? {} : { guard }),
      ...(noted === undefined ? {} : { noted }),
      answers: () => serves(port),
    });
    if (identity === undefined) continue;
    return {
      address: `127.0.0.1:${String(port)}`,
      uiUrl: `http://127.0.0.1:${String(uiPort)}`,
      pid: identity.pid,
      // In memory there is nothing to be written.
      stop: () => stopProcess(identity, { graceMs: dataDir === undefined ? 0 : GRACE_MS }),
    };
  }
  throw didNotStart('the Temporal server', logFile);
}

/** It takes connections some milliseconds before it serves: until then its answer is "not healthy yet". */
async function serves(port: number): Promise<boolean> {
  if (!(await accepts(port))) return false;
  try {
    const address = `127.0.0.1:${String(port)}`;
    const connection = await temporal.Connection.connect({ address, connectTimeout: ANSWER_MS });
    await connection.close();
    return true;
  } catch {
    // Whatever speaks there is not a Temporal server, or not yet.
    return false;
  }
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
