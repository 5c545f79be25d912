import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { scraped } from '../../src/adapters/metrics/prometheus-api.js';
import { never } from '../../src/testing/world.js';

test.each([
  ['http_requests_total', ''],
  ['http_requests_total{code=~"5[0-9]{2}"}', ''],
  [`http_requests_total{code=~'5\\'[0-9]{2}',x="'"}`, ''],
  ['{__name__=~"a{1}\\"}",code=`}`}', ''],
  ['a{code="500"} + b{code="500"}', ':5s'],
  ['a{code="}"} or b{code="{"}', ':5s'],
  ['a{code="500"', ':5s'],
])(
  'of a selector is asked what was scraped, of anything else what Prometheus works out: %s',
  async (query, step) => {
    let asked: string | null = '';
    const server = createServer((req, res) => {
      asked = new URL(req.url ?? '', 'http://x').searchParams.get('query');
      res.end('{"status":"success","data":{"resultType":"matrix","result":[]}}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    await scraped({ url, staleAfterMs: 1 }, query, 300, never);
    expect(asked).toBe(step === '' ? `${query}[300s]` : `(${query}\n)[300s${step}]`);
    server.close().closeAllConnections();
  },
);
