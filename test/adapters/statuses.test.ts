import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { githubStatuses } from '../../src/adapters/statuses/github.js';
import { gitlabStatuses } from '../../src/adapters/statuses/gitlab.js';
import type { CommitStatus } from '../../src/domain/trigger.js';

/** Stands for GitHub and GitLab, whose published contracts each request is held against. */
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}
let server: Server;
let asked: Asked[];
let answer: { status: number; headers?: Record<string, string>; body?: string };
let api: string;
beforeEach(async () => {
  asked = [];
  answer = { status: 201 };
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request;
      asked.push({ method, url, headers, body: JSON.parse(body) as unknown });
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  api = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const NEVER = new AbortController().signal;
const commit = 'a'.repeat(40);
const status: CommitStatus = {
  ...{ commit, state: 'pending', context: 'shipway/lamp', description: 'run r is under way' },
  link: 'https://ui.example/r',
};
const github = () => githubStatuses({ api, token: 'the-token' });
const gitlab = () => gitlabStatuses({ api, token: 'the-token' });

test.each([
  ['pending', 'pending', 'running'],
  ['success', 'success', 'success'],
  ['failure', 'failure', 'failed'],
  ['cancelled', 'error', 'canceled'],
] as const)('%s is %s at GitHub and %s at GitLab', async (state, hub, lab) => {
  await github().set('acme/lamp', { ...status, state }, NEVER);
  await gitlab().set('acme/group/lamp', { ...status, state }, NEVER);
  expect(asked).toMatchObject([
    {
      ...{ method: 'POST', url: `/api/repos/acme/lamp/statuses/${commit}` },
      headers: {
        authorization: 'Bearer the-token',
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'content-type': 'application/json',
        'user-agent': 'shipway',
      },
    },
    {
      ...{ method: 'POST', url: `/api/projects/acme%2Fgroup%2Flamp/statuses/${commit}` },
      headers: { 'private-token': 'the-token', 'content-type': 'application/json' },
    },
  ]);
  const said = { description: 'run r is under way', target_url: 'https://ui.example/r' };
  expect(asked.map(({ body }) => body)).toEqual([
    { state: hub, context: 'shipway/lamp', ...said },
    { state: lab, name: 'shipway/lamp', ...said },
  ]);
});

test('GitLab refuses a state that the status has already: it is as it should be', async () => {
  answer = { status: 400, body: '{"message":"Cannot transition status via :run from :running"}' };
  await gitlab().set('acme/lamp', status, NEVER);
  await expect(github().set('acme/lamp', status, NEVER)).rejects.toMatchObject({ type: 'status.refused' });
});

test.each([
  [500, {}, 'status.unavailable'],
  [429, {}, 'status.unavailable'],
  [403, { 'retry-after': '60' }, 'status.unavailable'],
  [403, {}, 'status.refused'],
  [404, {}, 'status.refused'],
  [302, { location: 'http://127.0.0.1:1/' }, 'status.refused'],
])('an answer %i with %j is %s, and names no token', async (code, headers, type) => {
  answer = { status: code, headers, body: 'no, the-token' };
  const failed: unknown = await github()
    .set('acme/lamp', status, NEVER)
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ type, message: expect.stringContaining(String(code)) as string });
  expect(String(failed)).not.toContain('the-token');
  expect(asked).toHaveLength(1);
});

test('nobody answers', async () => {
  server.close();
  server.closeAllConnections();
  await expect(github().set('acme/lamp', status, NEVER)).rejects.toMatchObject({
    type: 'status.unavailable',
  });
});
