import { Pool, type Dispatcher } from 'undici';
import type { Logger } from 'pino';

/** An idle socket is given up before a server with the usual 5 s closes it: a request never meets a socket that is just closing. */
const IDLE_MS = 4_000;
const CONNECT_MS = 2_000;
/** To the first byte of the answer. */
const ANSWER_MS = 60_000;
/** Between two pieces of the answer. */
const PIECE_MS = 300_000;
const CONNECTIONS = 1_024;

/** One pool of keep-alive connections per member. */
export class Upstreams {
  readonly #pools = new Map<string, Pool>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The dispatcher for the proxy library: the request's origin picks the pool. */
  readonly request = ((options: Dispatcher.RequestOptions, callback: Callback): void => {
    this.#pool(String(options.origin)).request(
      { ...options, headersTimeout: ANSWER_MS, bodyTimeout: PIECE_MS },
      callback,
    );
  }) as Dispatcher['request'];

  /** Lets go of every member that is not in `members`: what is in flight ends, idle sockets close. */
  keepOnly(members: ReadonlySet<string>): void {
    for (const [member, pool] of this.#pools) {
      if (members.has(member)) continue;
      this.#pools.delete(member);
      this.#close(member, pool);
    }
  }

  /** Ends everything at once, in flight or not. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #pool(member: string): Pool {
    const known = this.#pools.get(member);
    if (known !== undefined) return known;
    const pool = new Pool(member, {
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      keepAliveTimeoutThreshold: 1_000,
      connect: { timeout: CONNECT_MS },
    });
    this.#pools.set(member, pool);
    return pool;
  }

  #close(member: string, pool: Pool): void {
    pool.close().catch((error: unknown) => {
      this.#log.warn({ member, err: error }, 'could not close the connections of a member that left');
    });
  }
}
type Callback = (error: Error | null, data: Dispatcher.ResponseData) => void;
