import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool, type ClientConfig, type QueryResult, type QueryResultRow } from 'pg';
import { asUnavailable } from './unavailable.js';

export type StoreRole = 'shipway_writer' | 'shipway_reader';

/** One statement at a time, in its own transaction, as the store's role. Fails with `store.unavailable` when the database does not answer. */
export interface Database {
  query<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<QueryResult<Row>>;
  close(): Promise<void>;
}

/** The server gives up on a statement first, so that an abandoned one holds no lock; a server that hangs is given up on here. */
const STATEMENT_MS = 2_300;
const ANSWER_MS = 2_600;
const CONNECT_MS = 2_000;
/** Waiting for a turn is no sign of a dead database, so it may take longer than connecting. */
const TURN_MS = 10_000;
/** A server that hangs does not answer a goodbye either. */
const GOODBYE_MS = 1_000;
const MOST_CONNECTIONS = 10;

/** pg-pool has one timeout for connecting and for waiting for a turn; this gives connecting its own. */
class FastFailingClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS });
  }
}

export function openPool({ url, role }: { readonly url: string; readonly role: StoreRole }): Database {
  const pool = new Pool({
    ...connection(url, role),
    Client: FastFailingClient,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: TURN_MS,
    query_timeout: ANSWER_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'shipway',
  });
  pool.on('error', () => {
    // An idle connection was lost. The pool has dropped it already, and the next query opens another or says why it can't.
  });
  return {
    query: async <Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []) => {
      try {
        return await pool.query<Row>(sql, [...values]);
      } catch (error) {
        throw asUnavailable(error);
      }
    },
    close: () => Promise.race([pool.end(), sleep(GOODBYE_MS, undefined, { ref: false })]),
  };
}

/** pg lets the address win over everything else, so options that it carries are kept, before shipway's own. */
function connection(url: string, role: StoreRole): { connectionString: string; options: string } {
  const address = new URL(url);
  const given = address.searchParams.get('options');
  address.searchParams.delete('options');
  const own = [
    `-c role=${role}`,
    '-c search_path=shipway',
    `-c statement_timeout=${String(STATEMENT_MS)}`,
    '-c default_transaction_isolation=read\\ committed',
  ];
  return {
    connectionString: address.href,
    options: [...(given === null ? [] : [given]), ...own].join(' '),
  };
}
