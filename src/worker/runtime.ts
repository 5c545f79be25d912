import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import type { Logger } from 'pino';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
let installed = false;

/** One logger for shipway and the SDK, structured, on stderr. A process has one Temporal runtime: later calls change nothing. */
export function installRuntime(log: Logger): void {
  if (installed) return;
  installed = true;
  const write = (entry: LogEntry): void => {
    log[LEVELS[entry.level]]({ ...entry.meta, sdk: true }, entry.message);
  };
  Runtime.install({ logger: new DefaultLogger('WARN', write), shutdownSignals: [] });
}
