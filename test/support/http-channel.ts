import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Taking } from '../contracts/notifier.js';

/** A request as a vendor would see it. */
export interface Request {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}
export interface HttpChannel {
  readonly address: string;
  readonly requests: readonly Request[];
  readonly take: (taking: Taking) => void;
  readonly end: () => Promise<void>;
}
/** What a vendor says to a request: why it is wrong by its published contract, or how it acknowledges it. */
export interface Vendor {
  readonly wrong: (request: Request) => string | undefined;
  readonly well: readonly [status: number, body: string];
  readonly refused: readonly [status: number, body: string];
}

/** Stands for a vendor, whose published contract each request is held against. */
export async function httpChannel(vendor: Vendor, port = 0): Promise<HttpChannel> {
  const requests: Request[] = [];
  let taking: Taking = 'well';
  const server = createServer((asked, response) => {
    void text(asked).then((content) => {
      const { url = '', headers, method } = asked;
      const request = { url, headers, body: JSON.parse(content) as Request['body'] };
      const wrong =
        method === 'POST' && headers['content-type'] === 'application/json'
          ? vendor.wrong(request)
          : 'no POST of JSON';
      if (wrong !== undefined) return void response.writeHead(400).end(wrong);
      if (taking === 'refuse')
        return void response.writeHead(vendor.refused[0]).end(`${vendor.refused[1]}: ${echoOf(request)}`);
      if (taking === 'later')
        return void response.writeHead(429, { 'retry-after': '30' }).end('rate_limited');
      requests.push(request);
      if (taking === 'well') response.writeHead(vendor.well[0]).end(vendor.well[1]);
      else asked.socket.destroy();
    });
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    take: (next) => void (taking = next),
    end: () =>
      new Promise((ended) => {
        server.closeAllConnections();
        server.close(() => {
          ended();
        });
      }),
  };
}

/** A receiver that says what it was asked, as many do by default: `Cannot POST /hooks/…`. */
const echoOf = ({ url, body }: Request): string =>
  `Cannot POST ${url} ${url.split(/[/?=]/).slice(-1).join('')} ${JSON.stringify(body)}`;

/** Slack's incoming webhooks: JSON with a text, answered with the word `ok`. */
export const SLACK: Vendor = {
  wrong: ({ body: { text: said } }) =>
    typeof said === 'string' && said !== '' && said.length <= 40_000 ? undefined : 'no_text',
  well: [200, 'ok'],
  refused: [404, 'no_service'],
};

const EVENT_ACTIONS: readonly unknown[] = ['trigger', 'acknowledge', 'resolve'];
const SEVERITIES: readonly unknown[] = ['critical', 'error', 'warning', 'info'];
/** PagerDuty's Events API v2: an alert event, accepted with 202. */
export const PAGERDUTY: Vendor = {
  wrong: ({ url, body }) => {
    if (url !== '/v2/enqueue') return 'no such path';
    if (typeof body['routing_key'] !== 'string' || body['routing_key'].length !== 32) return 'routing_key';
    const { event_action: action, dedup_key: key } = body;
    if (!EVENT_ACTIONS.includes(action)) return 'event_action';
    if (typeof key !== 'string' || key.length > 255) return 'dedup_key';
    if (action !== 'trigger') return undefined;
    const { summary, source, severity, timestamp } = body['payload'] as Record<string, unknown>;
    if (typeof summary !== 'string' || summary === '' || summary.length > 1_024) return 'payload.summary';
    if (typeof source !== 'string' || source === '') return 'payload.source';
    if (!SEVERITIES.includes(severity)) return 'payload.severity';
    return Number.isNaN(Date.parse(String(timestamp))) ? 'payload.timestamp' : undefined;
  },
  well: [202, '{"status":"success","message":"Event processed"}'],
  refused: [400, '{"status":"invalid event"}'],
};

export const ANY: Vendor = { wrong: () => undefined, well: [204, ''], refused: [410, 'gone'] };
