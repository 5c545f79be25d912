import { join } from 'node:path';
import { closeInTurn } from '../close-in-turn.js';
import { temporalProfile } from '../connection.js';
import { SEARCH_ATTRIBUTES } from '../domain/messages.js';
import type { Say } from './acquire.js';
import { temporalVariables } from './environment.js';
import { startPostgres } from './postgres.js';
import { noteProcess } from './run-notes.js';
import { startTemporal } from './temporal.js';

export interface Opening {
  readonly stateDir: string;
  /** The user's. */
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
}
interface Opened {
  /** By which a worker finds it. */
  readonly env: NodeJS.ProcessEnv;
  readonly said: string;
  readonly stop: () => Promise<void>;
}
interface Database extends Opened {
  /** This folder's own, so that nobody else's workers use it. */
  readonly own: boolean;
}
interface Temporal extends Opened {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
}
export interface Servers {
  readonly temporal: Temporal;
  readonly database: Database;
}

/** Temporal and PostgreSQL: those that `TEMPORAL_ADDRESS` and `DATABASE_URL` name, else ones of this folder's own. */
export async function openServers(opening: Opening): Promise<Servers> {
  const [temporal, database] = await bothOrNeither(openTemporal(opening), openDatabase(opening));
  opening.say(`${temporal.said}; ${database.said}`);
  return { temporal, database };
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

async function openTemporal({ stateDir, env, say }: Opening): Promise<Temporal> {
  if (isSet(env['TEMPORAL_ADDRESS'])) return namedTemporal(env);
  const { address, uiUrl, stop } = await startTemporal({
    dataDir: join(stateDir, 'temporal'),
    searchAttributes: SEARCH_ATTRIBUTES,
    logFile: join(stateDir, 'temporal.log'),
    say,
    noted: (note) => noteProcess(stateDir, 'temporal', note),
  });
  const own = {
    TEMPORAL_ADDRESS: address,
    // Never there: the user's own file may hold a profile of a server elsewhere.
    TEMPORAL_CONFIG_FILE: join(stateDir, 'temporal.toml'),
  };
  return {
    address,
    namespace: 'default',
    uiUrl,
    env: own,
    said: `Temporal on ${address}, UI on ${uiUrl}`,
    stop,
  };
}

async function namedTemporal(env: NodeJS.ProcessEnv): Promise<Temporal> {
  const { connectionOptions, namespace = 'default' } = await temporalProfile(env);
  const { address = '' } = connectionOptions;
  const uiUrl = env['SHIPWAY_UI_URL'];
  return {
    address,
    namespace,
    ...(isSet(uiUrl) ? { uiUrl } : {}),
    env: temporalVariables(env),
    said: `Temporal on ${address}, which TEMPORAL_ADDRESS names`,
    stop: () => Promise.resolve(),
  };
}

async function openDatabase({ stateDir, env: { DATABASE_URL: named } }: Opening): Promise<Database> {
  if (isSet(named))
    return {
      env: { DATABASE_URL: named },
      own: false,
      said: 'the PostgreSQL that DATABASE_URL names',
      stop: () => Promise.resolve(),
    };
  const { url, stop } = await startPostgres({
    dataDir: join(stateDir, 'postgres'),
    logFile: join(stateDir, 'postgres.log'),
    noted: (note) => noteProcess(stateDir, 'postgres', note),
  });
  return { env: { DATABASE_URL: url }, own: true, said: 'PostgreSQL is up', stop };
}

interface Stoppable {
  readonly stop: () => Promise<void>;
}
/** One that has started is ended again when the other has not: it is known to nobody else yet. */
export async function bothOrNeither<A extends Stoppable, B extends Stoppable>(
  one: Promise<A>,
  other: Promise<B>,
): Promise<readonly [A, B]> {
  try {
    return await Promise.all([one, other]);
  } catch (error) {
    const settled = await Promise.allSettled([one, other]);
    const stops = settled.flatMap((s) => (s.status === 'fulfilled' ? [() => s.value.stop()] : []));
    // Why there are not both says more than that one of them did not end.
    await closeInTurn(stops).catch(() => undefined);
    throw error;
  }
}
