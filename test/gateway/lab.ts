import { mkdtemp, readFile, rm } from 'node:fs/promises';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startGateway, type RunningGateway } from '../../src/gateway/start.js';

export const SHOP = '/targets/shop/production';
export const silent = pino({ level: 'silent' });

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own, without retries. */
export function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; path?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const asked = request(url, { agent: false, ...rest }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export interface Backend {
  readonly url: string;
  readonly server: Server;
  /** Requests that reached it. */
  readonly seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
}

/** Files, servers and gateways of one test, ended in reverse order. */
export class Lab {
  readonly #ends: (() => Promise<unknown>)[] = [];

  onEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }
  async end(): Promise<void> {
    for (const end of this.#ends.reverse().splice(0)) await end();
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'shipway-gateway-'));
    this.onEnd(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async gateway(stateDir?: string): Promise<Admin & { stateDir: string; running: RunningGateway }> {
    const dir = stateDir ?? (await this.folder());
    const running = await startGateway({ stateDir: dir, adminPort: 0, log: silent });
    this.onEnd(() => running.close());
    return { ...(await adminOf(dir)), stateDir: dir, running };
  }

  /** Answers with its name unless `listener` does something else. */
  async backend(name: string, listener?: RequestListener): Promise<Backend> {
    const seen: Backend['seen'] = [];
    const server = createServer((incoming, response) => {
      if (listener !== undefined) {
        seen.push({
          method: incoming.method ?? '',
          url: incoming.url ?? '',
          headers: incoming.headers,
          body: '',
        });
        listener(incoming, response);
        return;
      }
      let body = '';
      incoming.on('data', (piece: Buffer) => (body += piece.toString()));
      incoming.on('end', () => {
        seen.push({
          method: incoming.method ?? '',
          url: incoming.url ?? '',
          headers: incoming.headers,
          body,
        });
        response.setHeader('x-backend', name);
        response.end(name);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.onEnd(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${String(port)}`, server, seen };
  }

  /** An address that refuses connections. */
  async nobody(): Promise<string> {
    const { url, server } = await this.backend('gone');
    await new Promise((resolve) => server.close(resolve));
    return url;
  }
}

export interface Shown {
  readonly address: string;
  readonly listening: boolean;
  readonly shares: Record<string, number>;
  readonly candidate: string | null;
  readonly salt: string | null;
  readonly user_key: unknown[];
  readonly slots: Record<string, { release: string; members: string[] }>;
}
export interface Counted {
  readonly epoch: string;
  readonly at: string;
  readonly series: {
    release: string;
    slot: string;
    requests: number;
    errors: number;
    aborted: number;
    inflight: number;
    buckets: { le: number | null; count: number }[];
  }[];
}
type Call = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; json: unknown; text: string }>;
export interface Admin {
  readonly call: Call;
  /** Fails when the answer is not 2xx. */
  readonly must: <T = Shown>(method: string, path: string, body?: unknown) => Promise<T>;
  readonly adminUrl: string;
  readonly token: string;
}

export async function adminOf(stateDir: string): Promise<Admin> {
  const note = JSON.parse(await readFile(join(stateDir, 'gateway.json'), 'utf8')) as { adminUrl: string };
  const token = await readFile(join(stateDir, 'token'), 'utf8');
  const call: Call = async (method, path, body) => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(sent !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(sent)),
      }),
    };
    const { status, body: text } = await ask(note.adminUrl + path, {
      method,
      headers,
      ...(sent !== undefined && { body: sent }),
    });
    return { status, text, json: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined };
  };
  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, json, text } = await call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${String(status)} ${text}`);
    return json as T;
  };
  return { call, must, adminUrl: note.adminUrl, token };
}

export const splitOf = (
  blue: number,
  more: { candidate?: string; salt?: string; user_key?: unknown[] } = {},
): object => ({
  shares: { blue, green: 10_000 - blue },
  candidate: 'green',
  salt: 'deployment-1',
  user_key: [{ header: 'x-user-id' }, { cookie: 'uid' }],
  ...more,
});

/** A target with one backend in blue and one in green, all traffic on blue. Answers the public address. */
export async function twoSlots(admin: Admin, blue: string, green: string): Promise<string> {
  const { address } = await admin.must('PUT', SHOP, {});
  await admin.must('PUT', `${SHOP}/slots/blue`, { release: 'sha256:b', members: [blue] });
  await admin.must('PUT', `${SHOP}/slots/green`, { release: 'sha256:g', members: [green] });
  await admin.must('PUT', `${SHOP}/split`, splitOf(10_000));
  return address;
}

export async function until(
  what: () => boolean | Promise<boolean>,
  ms = 10_000,
  everyMs = 10,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not so after ${String(ms)} ms: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Whether connections to the address are refused. */
export function refuses(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve(true);
      else reject(error);
    });
  });
}
