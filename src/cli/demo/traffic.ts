import { Agent } from 'undici';
import { atRate } from './at-rate.js';

/** What users got: answers other than 2xx, and requests without an answer, have failed. */
export interface Count {
  requests: number;
  failed: number;
}
export type ByVersion = ReadonlyMap<string, Count>;
/** Who met a version, and for how long. */
export interface Met {
  readonly users: number;
  readonly ms: number;
}
export interface Traffic {
  /** What was sent in `[from, to)`, epoch ms, by the version that answered. */
  readonly between: (from: number, to: number) => ByVersion;
  readonly met: (version: string) => Met;
  /** Stops sending and waits for what is in flight. */
  readonly stop: () => Promise<void>;
}
export interface Users {
  readonly address: string;
  /** The second of two routers, by which each user comes every other time. */
  readonly other?: string | undefined;
  readonly paths: readonly string[];
  /** Requests a second. */
  readonly rate: number;
  readonly versionHeader: string;
}

export const USERS = 500;
export const NO_ANSWER = 'no answer';
const CONNECTIONS = 50;

/**
 * Real users, as an open model: `rate` requests a second whether the answers come or not, over kept-alive connections and
 * without a retry, each of a user who keeps coming.
 */
export function startTraffic(of: Users): Traffic {
  const dispatcher = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  const book = openBook();
  const sending = atRate(of.rate, (n) => send(dispatcher, of, n, book.note));
  return {
    between: book.between,
    met: book.met,
    stop: async () => {
      await sending.stop();
      await dispatcher.close();
    },
  };
}

interface Answer {
  readonly at: number;
  readonly user: number;
  readonly version: string;
  readonly ok: boolean;
}

async function send(dispatcher: Agent, of: Users, n: number, note: (answer: Answer) => void): Promise<void> {
  const [at, user] = [Date.now(), (n * 7919) % USERS];
  const isOther = Math.floor(n / USERS) % 2 === 1;
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: (isOther ? of.other : undefined) ?? of.address,
      path: of.paths[n % of.paths.length] ?? '/',
      method: 'GET',
      headers: { 'x-user-id': `user-${String(user)}` },
      headersTimeout: 10_000,
    });
    await body.dump();
    const version = String(headers[of.versionHeader] ?? NO_ANSWER);
    note({ at, user, version, ok: statusCode >= 200 && statusCode <= 299 });
  } catch {
    note({ at, user, version: NO_ANSWER, ok: false });
  }
}

interface Book {
  readonly note: (answer: Answer) => void;
  readonly between: Traffic['between'];
  readonly met: Traffic['met'];
}
interface Seen {
  readonly users: Set<number>;
  first: number;
  last: number;
}

/** Kept in tenths of a second: a demo that waits for a person over night is still a small table. */
const TENTH_MS = 100;
const tenthOf = (at: number): number => Math.floor(at / TENTH_MS);

function openBook(): Book {
  const tenths = new Map<number, Map<string, Count>>();
  const seen = new Map<string, Seen>();
  return {
    note: ({ at, user, version, ok }) => {
      const tenth = tenths.get(tenthOf(at)) ?? new Map<string, Count>();
      tenths.set(tenthOf(at), add(tenth, version, { requests: 1, failed: ok ? 0 : 1 }));
      const who = seen.get(version) ?? { users: new Set(), first: at, last: at };
      seen.set(version, who);
      who.users.add(user);
      who.last = Math.max(who.last, at);
    },
    between: (from, to) => {
      const sum = new Map<string, Count>();
      for (const [tenth, counts] of tenths)
        if (tenth >= tenthOf(from) && tenth < tenthOf(to))
          for (const [version, count] of counts) add(sum, version, count);
      return sum;
    },
    met: (version) => {
      const who = seen.get(version);
      return who === undefined ? { users: 0, ms: 0 } : { users: who.users.size, ms: who.last - who.first };
    },
  };
}

function add(to: Map<string, Count>, version: string, { requests, failed }: Count): Map<string, Count> {
  const count = to.get(version) ?? { requests: 0, failed: 0 };
  return to.set(version, { requests: count.requests + requests, failed: count.failed + failed });
}
