import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FULL } from '../domain/plan.js';
import type { MetricSource, Router } from '../domain/ports.js';

export const TARGET = { service: 'shop', environment: 'staging' } as const;
export const never = new AbortController().signal;
export const BLUE = 'b'.repeat(64);
export const GREEN = 'e'.repeat(64);

/** A router that really shares traffic out. */
export interface RouterHarness {
  readonly router: Router;
  /** Kills it and starts it again. */
  restart(): Promise<void>;
  /** Kills it for good. */
  kill(): Promise<void>;
}

/** The same, and the source that counts what it does; what is killed counts. */
export interface MetricsHarness extends RouterHarness {
  readonly metrics: MetricSource;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie?: string;
}
/** A request that its user gives up. */
export function giveUp(url: string, path: string): Promise<void> {
  return new Promise((resolve) => {
    const asked = request(`${url}${path}`, { agent: false });
    asked.on('error', () => {
      resolve();
    });
    asked.setTimeout(100, () => asked.destroy());
    asked.on('close', resolve);
    asked.end();
  });
}

/** One request on a connection of its own; nothing is retried. */
export function ask(url: string, path = '/', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { agent: false, headers }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('error', reject);
      response.on('end', () => {
        const cookie = response.headers['set-cookie']?.[0]?.split(';')[0];
        resolve({ status: response.statusCode ?? 0, body, ...(cookie === undefined ? {} : { cookie }) });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** A member that answers with its name; `/slow` after half a second, `/hang` never, `/fail` with 500. */
export async function backend(name: string): Promise<{ url: string; seen: () => number; server: Server }> {
  let seen = 0;
  const server = createServer((req, res) => {
    seen += 1;
    if (req.url === '/slow') setTimeout(() => res.end(name), 500);
    else if (req.url !== '/hang') res.writeHead(req.url === '/fail' ? 500 : 200).end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}`, seen: () => seen, server };
}

export const splitTo = (green: number, salt = 'deployment/shop/staging/1') => ({
  shares: { blue: FULL - green, green },
  candidate: 'green' as const,
  salt,
  userKey: [{ header: 'x-user' }],
});

/** Every change can be repeated. */
export async function twice(change: () => Promise<unknown>): Promise<void> {
  await change();
  await change();
}
