import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { refuseUnknownEnvironment } from '../../src/cli/known-environment.js';
import { apiClient } from '../../src/client/api.js';
import { CommandError } from '../../src/client/failure.js';
import { sha256 } from '../../src/hash.js';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** The address of something that answers as it likes. */
async function answering(answer: Answering): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
const json =
  (value: unknown): Answering =>
  (_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

async function refusal(asked: Promise<unknown>): Promise<CommandError> {
  const error: unknown = await asked.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}
const FILTER = { days: 1 };

describe('an address that is not shipway’s API is told apart from one that is silent', () => {
  const page: Answering = (_, response) =>
    response.setHeader('content-type', 'text/html').end('<html>welcome</html>');
  test.each<[string, Answering]>([
    ['a web page', page],
    ['JSON of another form', json({ hello: 'world' })],
    ['JSON that is none', (_, r) => r.setHeader('content-type', 'application/json').end('{')],
    ['null', json(null)],
  ])('%s', async (_, answer) => {
    const api = apiClient({ apiUrl: await answering(answer) });
    const wrong: CommandError[] = [];
    for (const ask of [api.targets, api.health, api.policy]) wrong.push(await refusal(ask()));
    for (const ask of [api.history, api.audit]) wrong.push(await refusal(ask(FILTER)));
    for (const said of wrong) {
      expect(said.kind).toBe('other');
      expect(said.message).toContain('is not shipway’s API');
      expect(said.next).toContain('SHIPWAY_API_URL');
    }
  });

  test('a page in the place of output or of the audit is no output and no audit', async () => {
    const api = apiClient({ apiUrl: await answering(page) });
    const through = async (body: Promise<AsyncIterable<unknown>>): Promise<void> => {
      for await (const part of await body) expect(part).toBeUndefined();
    };
    for (const body of [() => api.logs('r', { follow: false }), api.chain])
      expect((await refusal(through(body()))).message).toContain('text/html');
  });

  test('a redirection leads nowhere', async () => {
    const to = await answering(json([]));
    const apiUrl = await answering((_, r) => r.writeHead(302, { location: `${to}/v1/history` }).end());
    expect((await refusal(apiClient({ apiUrl }).history(FILTER))).message).toContain('302');
  });

  test('one that never answers does not keep the command', async () => {
    const apiUrl = await answering(() => undefined);
    expect(await refusal(apiClient({ apiUrl }, 100).history(FILTER))).toMatchObject({ kind: 'unreachable' });
  });
});

describe('an upload', () => {
  const text = 'the source';
  const digest = sha256(text);
  async function put(answer: Answering): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'shipway-api-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'source'), text);
    await apiClient({ apiUrl: await answering(answer) }).putArtifact(digest, join(folder, 'source'));
  }

  test.each([200, 404])(
    'is not believed to be there, or missing, by a %d that does not name it',
    async (status) => {
      const said = await refusal(put((_, response) => response.writeHead(status).end()));
      expect(said.message).toContain('is not shipway’s API');
    },
  );

  test.each([
    ['', `"${digest}"`],
    ['also through a proxy that compresses', `W/"${digest}"`],
  ])('that is there is not sent twice %s', async (_, etag) => {
    const asked: unknown[] = [];
    await put((request, response) => {
      asked.push(request.method);
      response.writeHead(200, { etag }).end();
    });
    expect(asked).toEqual(['HEAD']);
  });

  test.each([
    ['its own name', digest, true],
    ['another name', sha256('other'), false],
  ])('is kept when the answer has %s', async (_, named, kept) => {
    const sent = put((request, response) => {
      if (request.method === 'HEAD') response.writeHead(404, { etag: `"${digest}"` }).end();
      else request.resume().once('end', () => void json({ digest: named, bytes: 10 })(request, response));
    });
    if (kept) await sent;
    else expect((await refusal(sent)).message).toContain('is not shipway’s API');
  });
});

test('an answer that breaks off in the middle is an API that is away, not a bug', async () => {
  const apiUrl = await answering(({ url = '' }, response) => {
    const type = url.includes('logs')
      ? 'text/plain'
      : url.includes('stream')
        ? 'application/x-ndjson'
        : 'application/json';
    response.setHeader('content-type', type).write('[{"a":', () => setTimeout(() => response.destroy(), 20));
  });
  const api = apiClient({ apiUrl });
  const through = async (body: Promise<AsyncIterable<unknown>>): Promise<unknown[]> => {
    const all: unknown[] = [];
    for await (const part of await body) all.push(part);
    return all;
  };
  for (const ask of [
    () => api.history(FILTER),
    () => through(api.logs('r', { follow: true })),
    () => through(api.chain()),
  ])
    expect(await refusal(ask())).toMatchObject({ kind: 'unreachable', exit: 1 });
});

test('a path before /v1 is kept', async () => {
  const asked: unknown[] = [];
  const apiUrl = await answering((request, response) => {
    asked.push(request.url);
    json([])(request, response);
  });
  await apiClient({ apiUrl: `${apiUrl}/deploys/` }).history(FILTER);
  expect(asked).toEqual(['/deploys/v1/history?days=1&limit=1000']);
});

describe('an environment that nobody knows', () => {
  const target = (environment: string) => ({ service: 'shop', environment });
  const known = (policy: Answering) =>
    answering((request, response) =>
      request.url?.startsWith('/v1/policy') === true
        ? policy(request, response)
        : json([{ service: 'shop', environment: 'legacy' }])(request, response),
    );
  const settings = (apiUrl: string) => ({ apiUrl, temporalAddress: 'x', namespace: 'default' });
  const policy = json({ hash: 'x', policy: { environments: { staging: {}, production: {} } } });

  test('is refused with the one that was meant, by the exit code of a refusal', async () => {
    const apiUrl = await known(policy);
    for (const environment of ['production', 'legacy'])
      await refuseUnknownEnvironment(settings(apiUrl), target(environment));
    const said = await refusal(refuseUnknownEnvironment(settings(apiUrl), target('prodction')));
    expect(said).toMatchObject({ exit: 3, next: '--environment with production' });
    expect(said.message).toContain('no environment "prodction"');
  });

  test('is left to whoever takes the request when the API is slow or away', async () => {
    const slow = await known(() => undefined);
    const began = Date.now();
    for (const apiUrl of [slow, 'http://127.0.0.1:9'])
      await refuseUnknownEnvironment(settings(apiUrl), target('prodction'));
    expect(Date.now() - began).toBeLessThan(2_500);
  });
});

test('samples come a page at a time, each once, also where an instant has several', async () => {
  const of = (second: number, trigger: string) => ({
    at: new Date(second * 1_000).toISOString(),
    trigger,
    phase: 'bake',
  });
  const all = Array.from({ length: 4_001 }, (_, i) => [of(i, 'error_rate'), of(i, 'response_time')]).flat();
  const asked: (string | null)[] = [];
  const apiUrl = await answering((request, response) => {
    const { searchParams: query } = new URL(request.url ?? '', 'http://x');
    asked.push(query.get('from'));
    const from = query.get('from') ?? '';
    json(all.filter(({ at }) => at >= from).slice(0, Number(query.get('limit'))))(request, response);
  });
  const got: unknown[] = [];
  for await (const sample of apiClient({ apiUrl }).samples('deployment/shop/production/1')) got.push(sample);
  expect(got).toEqual(all);
  expect(asked).toEqual([null, of(2_499, '').at]);
});
