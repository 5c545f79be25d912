import { once } from 'node:events';
import { Pool } from 'undici';
import { atRate } from '../../src/cli/demo/at-rate.js';
import { ask } from './lab.js';

export interface Load {
  /** Ends it and says what every request came to. */
  readonly stop: () => Promise<Tally>;
  readonly sent: () => number;
}
interface Tally {
  readonly sent: number;
  /** Anything but a 200 from a service. */
  readonly failures: readonly string[];
  readonly byName: Readonly<Record<string, number>>;
}

/**
 * Requests at a constant rate that does not wait for answers (open model), half of them on kept connections without any hidden retry
 * and half on a new connection each, half GET and half POST with a body.
 */
export function load(address: string, perSecond: number, path = '/'): Load {
  const pool = new Pool(address, { connections: 64, pipelining: 1 });
  const failures: string[] = [];
  const byName: Record<string, number> = {};
  const one = async (n: number): Promise<void> => {
    const method = n % 4 < 2 ? 'GET' : 'POST';
    const body = method === 'POST' ? 'some=body' : undefined;
    const headers = { 'x-user-id': `user-${String(n % 997)}` };
    try {
      const { status, text } =
        n % 2 === 0 ? await kept(method, body, headers) : await fresh(method, body, headers);
      if (status !== 200) failures.push(`${method} ${String(status)} ${text}`);
      else byName[text] = (byName[text] ?? 0) + 1;
    } catch (error) {
      failures.push(`${method} ${n % 2 === 0 ? 'kept' : 'fresh'} ${String(error)}`);
    }
  };
  const kept = async (method: 'GET' | 'POST', body: string | undefined, headers: Record<string, string>) => {
    const { statusCode, body: answer } = await pool.request({
      path,
      method,
      headers,
      body: body ?? null,
    });
    return { status: statusCode, text: await answer.text() };
  };
  const fresh = async (method: string, body: string | undefined, headers: Record<string, string>) => {
    const { status, body: text } = await ask(address, {
      path,
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    return { status, text };
  };
  const sending = atRate(perSecond, one);
  const stop = async (): Promise<Tally> => {
    await sending.stop();
    const closed = once(pool, 'disconnect').catch(() => undefined);
    await pool.close();
    void closed;
    return { sent: sending.sent(), failures, byName };
  };
  return { stop, sent: sending.sent };
}
