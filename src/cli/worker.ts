import { cpus } from 'node:os';
import { pino } from 'pino';
import type { Extensions } from '../domain/adapters.js';
import { checkedExtensions } from './extensions.js';
import { logLevel, parseRoles, workerSettings } from '../settings.js';
import { result, string } from './output.js';
import type { Command, Values } from './table.js';

/** `shipway worker`: polls until it is told to stop; ends what is under way within a grace, the rest goes on elsewhere. */
export const worker: Command = (values) => polled(values);

/** The same with adapters of a user's own. Fails with `UsageError` when they are none. */
export const workerWith =
  (extensions: Extensions): Command =>
  async (values) =>
    polled(values, checkedExtensions(extensions));

async function polled(values: Values, extensions?: Extensions): Promise<number> {
  const log = pino({ level: logLevel(process.env) }, pino.destination(2));
  const roles = parseRoles(string(values, 'role'));
  const settings = workerSettings(process.env, roles, cpus().length);
  const publishPolicy = values['publish-policy'] === true;
  // Loaded only for settings that are good: it is most of what a worker has to load.
  const { startWorker } = await import('../worker.js');
  const running = await startWorker({ ...settings, publishPolicy }, log, extensions);
  result(values, { roles, ...(running.apiUrl === undefined ? {} : { apiUrl: running.apiUrl }) }, []);
  const stop = (): void => void running.stop();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    await running.ended;
  } finally {
    await running.stop();
  }
  return 0;
}
