import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { postJson } from '../../src/adapters/post-json.js';

const NEVER = new AbortController().signal;
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
async function answering(listener: RequestListener): Promise<string> {
  const made = (server = createServer(listener));
  await new Promise<void>((listening) => made.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${String((made.address() as AddressInfo).port)}/`;
}

test('of an answer without an end the beginning is read, and the line is cut', async () => {
  let cut: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (cut = resolve));
  const url = await answering((_, response) => {
    response.on('close', cut).writeHead(404).write('x'.repeat(5_000));
  });
  expect(await postJson({ url, body: {}, secrets: [] }, NEVER)).toEqual({
    ...{ status: 404, said: 'x'.repeat(300), later: false },
  });
  await ended;
}, 5_000);

test('an answer that breaks off has said what has come', async () => {
  const url = await answering((request, response) => {
    response.writeHead(500).write('half', () => request.socket.destroy());
  });
  expect(await postJson({ url, body: {}, secrets: [] }, NEVER)).toMatchObject({ status: 500, later: true });
});

test('no secret is told of an answer, nor the beginning of one where it is cut off', async () => {
  const secret = 's3cret'.repeat(6);
  const url = await answering((_, response) => response.writeHead(404).end(`${secret}.`.repeat(40)));
  const posted = await postJson({ url, body: {}, secrets: [secret] }, NEVER);
  expect(posted).toMatchObject({ said: expect.stringContaining('[secret]') as string });
  expect(JSON.stringify(posted)).not.toContain('s3c');
});

test.each([
  ['an address with a password', 'http://user:s3cret@127.0.0.1/', {}],
  ['a header that is none', 'http://127.0.0.1/', { key: 's3\ncret' }],
])('what was never sent has surely not arrived, and its error stays unsaid: %s', async (_, url, headers) => {
  const posted = await postJson({ url, headers, body: {}, secrets: [] }, NEVER);
  expect(posted).toMatchObject({ silent: 'the request broke off', mayHaveArrived: false });
});
