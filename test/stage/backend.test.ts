import { createServer, type RequestListener, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { httpBackend } from '../../src/stage/backend.js';
import type { StageBackend } from '../../src/domain/stage.js';
import { sha256 } from '../../src/hash.js';
import { pieces } from '../contracts/artifacts.js';
import { lab as apiLab, type Lab } from '../api/server.js';

const TOKEN = 'a long random text';
let api: Lab;
let backend: StageBackend;
const servers: Server[] = [];
beforeAll(async () => {
  api = await apiLab({ token: 'of people', stageToken: TOKEN, maxArtifactBytes: 1_000_000 });
  backend = httpBackend({ apiUrl: api.url, token: TOKEN });
});
afterAll(() => api.close());
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
async function answering(listener: RequestListener): Promise<StageBackend> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return httpBackend({ apiUrl: `http://127.0.0.1:${String(port)}` });
}
const CONTENT = Buffer.from('made by a stage\n'.repeat(10_000));
const DIGEST = sha256(CONTENT);
const CHUNK = {
  run: 'r1',
  stage: 'test',
  attempt: 1,
  seq: 0,
  digest: DIGEST,
  bytes: CONTENT.length,
  last: true,
};
const ENTRY = {
  ...{
    key: 'k',
    timestamp: '2026-01-01T00:00:00.000Z',
    event_type: 'stage.result',
    user: 'alice',
    service: 'shop',
  },
  ...{ environment: 'production', version: 'v1', workflow: 'pipeline/shop/r1', details: { exit_code: 0 } },
};

test('artifacts, output and entries go through the API and come back', async () => {
  expect(await backend.putArtifact(pieces(CONTENT))).toEqual({ digest: DIGEST, bytes: CONTENT.length });
  expect((await buffer(await backend.getArtifact(DIGEST))).equals(CONTENT)).toBe(true);
  for (const twice of [CHUNK, CHUNK]) await backend.appendLog(twice);
  for (const twice of [[ENTRY], [ENTRY]]) await backend.audit(twice);
  expect(await api.store.logs.list({ run: 'r1' })).toHaveLength(1);
  expect(await api.store.audit.list({})).toHaveLength(1);
});

test('what is not a stage’s to say is refused, and not said again and again', async () => {
  await expect(backend.audit([{ ...ENTRY, event_type: 'deployment.admitted' }])).rejects.toMatchObject({
    type: 'internal.bug',
    message: expect.stringContaining('is no event of a stage') as string,
  });
});

test('an artifact that is missing, and one that is too large', async () => {
  await expect(backend.getArtifact(sha256('none'))).rejects.toMatchObject({ type: 'artifact.missing' });
  await expect(backend.putArtifact(pieces(Buffer.alloc(1_000_001)))).rejects.toMatchObject({
    type: 'stage.artifact_refused',
    message: expect.stringContaining('413 an artifact may have 1000000 bytes') as string,
  });
});

test('without the token nothing is given, and it is tried again until somebody sets it', async () => {
  for (const wrong of [{}, { token: 'other' }])
    await expect(httpBackend({ apiUrl: api.url, ...wrong }).getArtifact(DIGEST)).rejects.toMatchObject({
      type: 'store.unavailable',
      message: expect.stringContaining('401') as string,
    });
});

test('a worker that is away, or answers with nonsense, is tried again', async () => {
  const away = httpBackend({ apiUrl: 'http://127.0.0.1:1' });
  await expect(away.appendLog(CHUNK)).rejects.toMatchObject({
    type: 'store.unavailable',
    message: 'the API at http://127.0.0.1:1 did not answer',
  });
  for (const [status, body] of [
    [500, '<html>'],
    [502, ''],
    [503, '{"error":{"type":"store.unavailable"}}'],
    [404, '{}'],
  ] as const) {
    const odd = await answering((_, res) => void res.writeHead(status).end(body));
    await expect(odd.appendLog(CHUNK)).rejects.toMatchObject({ type: 'store.unavailable' });
  }
});

test('a line that breaks in the middle of an artifact is tried again, and is no shorter artifact', async () => {
  const broken = await answering((_, res) => {
    res.writeHead(200, { 'content-length': String(CONTENT.length) });
    res.write(CONTENT.subarray(0, 1_000), () => res.destroy());
  });
  await expect(broken.getArtifact(DIGEST).then(buffer)).rejects.toMatchObject({ type: 'store.unavailable' });
  const short = await answering((_, res) => void res.end(CONTENT.subarray(0, 1_000)));
  await expect(short.getArtifact(DIGEST).then(buffer)).rejects.toMatchObject({ type: 'artifact.mismatch' });
});
