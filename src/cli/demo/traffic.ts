import { Agent } from 'undici';

/** What users got while one label was set. */
export interface Served {
  readonly label: string;
  requests: number;
  /** Answers other than 2xx, and requests without an answer. */
  failed: number;
  readonly versions: Map<string, number>;
}
export interface Traffic {
  /** What comes from now on is counted under this label. */
  readonly phase: (label: string) => Served;
  /** Stops sending, waits for what is in flight, and tells all phases in order. */
  readonly stop: () => Promise<readonly Served[]>;
}

const USERS = 500;
const TICK_MS = 10;

/**
 * Real users, as an open model: `rate` requests a second whether the answers come or not, over kept-alive connections and
 * without a retry, each of a user who keeps coming.
 */
export function startTraffic(
  address: string,
  paths: readonly string[],
  rate: number,
  versionHeader: string,
): Traffic {
  const dispatcher = new Agent({ connections: 50, pipelining: 1 });
  const phases: Served[] = [];
  const inflight = new Set<Promise<void>>();
  const begun = Date.now();
  let current = begin(phases, 'start');
  let sent = 0;
  const tick = (): void => {
    const due = Math.floor(((Date.now() - begun) / 1000) * rate);
    for (; sent < due; sent++) {
      const one = send(dispatcher, address, paths, sent, versionHeader, current);
      inflight.add(one);
      void one.finally(() => inflight.delete(one));
    }
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    phase: (label) => (current = begin(phases, label)),
    stop: async () => {
      clearInterval(timer);
      await Promise.all(inflight);
      await dispatcher.close();
      return phases;
    },
  };
}

function begin(phases: Served[], label: string): Served {
  const served: Served = { label, requests: 0, failed: 0, versions: new Map() };
  phases.push(served);
  return served;
}

async function send(
  dispatcher: Agent,
  address: string,
  paths: readonly string[],
  n: number,
  versionHeader: string,
  into: Served,
): Promise<void> {
  const path = paths[n % paths.length] ?? '/';
  into.requests++;
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: address,
      path,
      method: 'GET',
      headers: { 'x-user-id': `user-${String((n * 7919) % USERS)}` },
      headersTimeout: 10_000,
    });
    await body.dump();
    const version = String(headers[versionHeader] ?? 'none');
    into.versions.set(version, (into.versions.get(version) ?? 0) + 1);
    if (statusCode < 200 || statusCode > 299) into.failed++;
  } catch {
    into.failed++;
  }
}
