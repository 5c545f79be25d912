import { join } from 'node:path';

/**
 * Queues are polled as often as asked, and timers fire when they are due: stock spaces polls 50 ms apart and timers by up to a second. Only
 * what is written for lists and searches keeps that pace: it has one database with all else, and would be in the way of the next activity.
 * An activity for the worker that asked for it goes straight to that, and one for another finds it without a way round through partitions,
 * which are for servers of several machines. Who polled is remembered for a day, not for five minutes: since when no worker lives is said
 * from it.
 */
const TUNING = [
  'history.transferProcessorMaxPollRPS=5000',
  'history.timerProcessorMaxPollRPS=5000',
  'history.timerProcessorMaxTimeShift="10ms"',
  'matching.PollerHistoryTTL="24h"',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'system.enableActivityEagerExecution=true',
];
/** Go collects its garbage when the heap has grown to five times what was in use, not to twice: a tenth of the server's time, for some memory. */
export const TUNED_ENVIRONMENT = { GOGC: '400' };
const PRAGMAS = ['journal_mode=wal', 'synchronous=normal'];

export interface TemporalPorts {
  readonly port: number;
  readonly uiPort: number;
  readonly http: number;
  readonly metrics: number;
}
export interface TemporalSettings {
  readonly dataDir?: string;
  readonly searchAttributes?: Readonly<Record<string, string>>;
  readonly stock?: boolean;
  readonly ui?: boolean;
}

/** The arguments of `temporal` for a development server on 127.0.0.1. */
export function temporalArguments(
  { dataDir, searchAttributes = {}, stock = false, ui = true }: TemporalSettings,
  { port, uiPort, http, metrics }: TemporalPorts,
): string[] {
  const each = (flag: string, values: readonly string[]): string[] => values.flatMap((v) => [flag, v]);
  const attributes = Object.entries(searchAttributes).map(([name, type]) => `${name}=${type}`);
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...['--http-port', String(http), '--metrics-port', String(metrics)],
    ...(ui ? ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)] : ['--headless']),
    ...['--log-level', 'error', '--log-format', 'json'],
    ...(dataDir === undefined ? [] : ['--db-filename', join(dataDir, 'temporal.db')]),
    ...(stock ? [] : each('--dynamic-config-value', TUNING)),
    ...(stock || dataDir === undefined ? [] : each('--sqlite-pragma', PRAGMAS)),
    ...each('--search-attribute', attributes),
  ];
}
