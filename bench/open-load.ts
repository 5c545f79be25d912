import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { atRate } from '../src/cli/demo/at-rate.js';

/** What became of one request. */
export interface Sample {
  /** Of `performance.now()`, when it was sent. */
  readonly at: number;
  readonly tookMs: number;
  /** Whose answer it was; absent: there was none with a version. */
  readonly version?: string;
  /** Absent: answered with 200, if need be at the second attempt. */
  readonly failed?: string;
  /** Its kept connection ended under it, and it was sent once more. */
  readonly reset: boolean;
}
export interface OpenLoad {
  readonly samples: readonly Sample[];
  /** Waits until so many have been answered. */
  readonly reached: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const KEPT_CONNECTIONS = 64;
const LOOK_MS = 5;
const USERS = 997;

interface Answer {
  readonly status: number;
  readonly version: string | undefined;
}

/**
 * GETs at a constant rate that does not wait for answers (open model): half of them in turn on kept connections, where nothing is retried
 * but what RFC 9110, 9.2.2 lets a client send once more, which is counted; half on a new connection each.
 */
export function openLoad(address: string, perSecond: number): OpenLoad {
  const kept = Array.from({ length: KEPT_CONNECTIONS }, () => new Client(address, { pipelining: 1 }));
  const samples: Sample[] = [];
  const one = async (n: number): Promise<void> => {
    const at = performance.now();
    const client = n % 2 === 0 ? kept[(n / 2) % kept.length] : undefined;
    const user = `user-${String(n % USERS)}`;
    let reset = false;
    const asked =
      client === undefined
        ? onNew(address, user)
        : onKept(client, user).catch(() => {
            reset = true;
            return onNew(address, user);
          });
    const sample = await asked.then(said, (error: unknown) => ({ failed: String(error) }));
    samples.push({ at, tookMs: performance.now() - at, reset, ...sample });
  };
  const sending = atRate(perSecond, one);
  return {
    samples,
    reached: async (count) => {
      while (samples.length < count) await sleep(LOOK_MS);
    },
    stop: async () => {
      await sending.stop();
      await Promise.all(kept.map((client) => client.destroy()));
    },
  };
}

const said = ({ status, version }: Answer): Pick<Sample, 'version' | 'failed'> => ({
  ...(version === undefined ? {} : { version }),
  ...(status === 200 ? {} : { failed: `status ${String(status)}` }),
});

async function onKept(client: Client, user: string): Promise<Answer> {
  const { statusCode, headers, body } = await client.request({
    ...{ path: '/', method: 'GET', headers: { 'x-user-id': user } },
  });
  await body.dump();
  return { status: statusCode, version: headers['x-version']?.toString() };
}

const onNew = (address: string, user: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(address, { agent: false, headers: { 'x-user-id': user } }, (response) => {
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, version: response.headers['x-version']?.toString() });
      });
      response.resume();
    });
    asked.on('error', reject);
    asked.end();
  });
