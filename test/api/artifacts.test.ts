import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../src/hash.js';
import { ask, json, lab, type Lab } from './server.js';

const LIMIT = 4 * 1024 ** 2;
let api: Lab;
beforeAll(async () => {
  api = await lab({ maxArtifactBytes: LIMIT });
});
afterAll(() => api.close());
const at = (digest: string): string => `${api.url}/v1/artifacts/sha256/${digest}`;
const put = (digest: string, body: Uint8Array | string | ReadableStream) =>
  fetch(at(digest), { method: 'PUT', body, duplex: 'half' });

test('an artifact goes up and comes down as it is, twice is once', async () => {
  const bytes = randomBytes(3 * 1024 ** 2);
  const digest = sha256(bytes);
  expect((await fetch(at(digest))).status).toBe(404);
  expect((await fetch(at(digest), { method: 'HEAD' })).status).toBe(404);
  const first = await put(digest, bytes);
  expect([first.status, await first.json()]).toEqual([201, { digest, bytes: bytes.length }]);
  expect((await put(digest, bytes)).status).toBe(200);
  expect((await fetch(at(digest), { method: 'HEAD' })).status).toBe(200);
  const down = await fetch(at(digest));
  expect(down.headers.get('content-type')).toBe('application/octet-stream');
  expect(sha256(Buffer.from(await down.arrayBuffer()))).toBe(digest);
});

test('any content type and a stream without a length are taken', async () => {
  const parts = [randomBytes(1000), randomBytes(1000)];
  const digest = sha256(Buffer.concat(parts));
  const answer = await put(digest, ReadableStream.from(parts));
  expect(answer.status).toBe(201);
  const text = '{"json": "is bytes too"';
  const headers = { 'content-type': 'application/json' };
  expect((await ask(at(sha256(text)), { method: 'PUT', body: text, headers })).status).toBe(201);
  expect((await ask(at(sha256('')), { method: 'PUT' })).status).toBe(201);
});

test('what is not what it is named is refused and not kept', async () => {
  const digest = 'd'.repeat(64);
  const answer = await put(digest, 'something else');
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ error: { type: 'artifact.mismatch' } });
  expect(api.artifacts.kept.has(digest)).toBe(false);
  expect(api.artifacts.kept.has(sha256('something else'))).toBe(false);
});

test.each(['with its length', 'as a stream'])('too much is refused and not kept, %s', async (how) => {
  const bytes = randomBytes(8 * LIMIT);
  const parts = Array.from({ length: 32 }, (_, i) => bytes.subarray((i * LIMIT) / 4, ((i + 1) * LIMIT) / 4));
  const body = how === 'as a stream' ? ReadableStream.from(parts) : bytes;
  const answer = await put(sha256(bytes), body);
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ error: { type: 'request.too_large' } });
  expect(api.artifacts.kept.has(sha256(bytes))).toBe(false);
});

test.each(['content-length: 100', 'transfer-encoding: chunked'])(
  'an upload cut off leaves nothing (%s)',
  async (framing) => {
    const before = api.artifacts.kept.size;
    const half = 'half of it';
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    const chunk = framing.startsWith('content') ? half : `a\r\n${half}\r\n`;
    socket.write(
      `PUT /v1/artifacts/sha256/${sha256(half)} HTTP/1.1\r\nhost: localhost\r\n${framing}\r\n\r\n${chunk}`,
    );
    await sleep(100);
    socket.destroy();
    await sleep(100);
    expect(api.artifacts.kept.size).toBe(before);
    expect(api.bugs).toEqual([]);
  },
);

test.each([
  ['abc', 400],
  ['A'.repeat(64), 400],
  ['..%2f..%2fetc%2fpasswd', 400],
  ['a'.repeat(500), 414],
])('a digest that is none is refused: %s', async (digest, status) => {
  for (const method of ['GET', 'PUT']) {
    const answer = await ask(at(digest), { method });
    expect([answer.status, json(answer)]).toMatchObject([status, { error: { type: 'request.invalid' } }]);
  }
});
