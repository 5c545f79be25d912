import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { prometheusMetrics } from '../../src/adapters/metrics/prometheus.js';
import type { MetricSource } from '../../src/domain/ports.js';

export type Answer = (query: string, res: ServerResponse, req: IncomingMessage) => void;
/** A source before a server that answers as told, until the test has ended. What is older than a minute is stale. */
export async function sourceOf(answer: Answer): Promise<MetricSource> {
  const server = createServer((req, res) => {
    answer(new URL(req.url ?? '', 'http://x').searchParams.get('query') ?? '', res, req);
  });
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return prometheusMetrics(() => Promise.resolve({ url, staleAfterMs: 60_000, authorization: 'Bearer t' }));
}

/** What Prometheus answers when it is well. */
export const answered = (resultType: string, result: unknown): string =>
  JSON.stringify({ status: 'success', data: { resultType, result } });
