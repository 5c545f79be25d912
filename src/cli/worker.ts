import { pino } from 'pino';
import { cores, startWorker } from '../worker.js';
import { logLevel, parseRoles, workerSettings } from '../settings.js';
import { result, string } from './output.js';
import type { Command } from './table.js';

/** `shipway worker`: polls until it is told to stop; ends what is under way within a grace, the rest goes on elsewhere. */
export const worker: Command = async (values) => {
  const log = pino({ level: logLevel(process.env) }, pino.destination(2));
  const roles = parseRoles(string(values, 'role'));
  const settings = workerSettings(process.env, roles, cores());
  const publishPolicy = values['publish-policy'] === true;
  const running = await startWorker({ ...settings, publishPolicy }, log);
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
};
