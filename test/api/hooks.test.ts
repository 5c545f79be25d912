import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Hooked, Started } from '../../src/api/hooks.js';
import { startApi } from '../../src/api/server.js';
import { nameOf, type HookProvider, type TriggerInput } from '../../src/domain/trigger.js';
import { ShipwayError } from '../../src/errors.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { memoryStore } from '../support/memory-store.js';
import { AFTER, BEFORE, fromGithub, fromGitlab, githubPush, gitlabPush, type Sent } from './hook-requests.js';
import { ask, json, type Answer } from './server.js';

const TOKEN = 'a long random text';
const SIGNING = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const hooked = (service: string, provider: HookProvider, project: string, secret: string): Hooked => ({
  service,
  secret,
  repository: {
    ...{ url: `/srv/${service}.git`, file: 'shipway.yaml', provider, project },
    hook: { secret: 'SHIPWAY_TRIGGER_SECRET', branches: ['main', 'next'], tags: ['v*'] },
  },
});
const ALL = [
  hooked('lamp', 'github', 'acme/lamp', 'of the lamp'),
  hooked('shop', 'github', 'acme/shop', 'of the shop'),
  hooked('plain', 'gitlab', 'acme/group/lamp', 'a plain token'),
  hooked('signed', 'gitlab', 'acme/signed', SIGNING),
];

let api: Awaited<ReturnType<typeof startApi>>;
let inputs: TriggerInput[] = [];
let fails: ShipwayError | undefined;
const begun = new Set<string>();
beforeAll(async () => {
  api = await startApi({
    ...{
      store: memoryStore(),
      artifacts: { ...memoryArtifacts(), put: () => Promise.reject(new Error('unused')) },
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
    },
    ...{ version: '1', maxArtifactBytes: 1, checks: {}, secrets: memorySecrets() },
    hooks: {
      of: (provider) => Promise.resolve(ALL.filter(({ repository }) => repository.provider === provider)),
      start: (input): Promise<Started> => {
        if (fails !== undefined) return Promise.reject(fails);
        inputs.push(input);
        const key = JSON.stringify([input.service, nameOf(input.cause)]);
        const known = begun.has(key);
        begun.add(key);
        return Promise.resolve({ service: input.service, run: 'r-1', trigger: 'trigger/x/1', known });
      },
    },
  });
});
beforeEach(() => {
  inputs = [];
  fails = undefined;
  begun.clear();
});
afterAll(() => api.close());

const send = (provider: string, { headers, body }: Sent): Promise<Answer> =>
  ask(`${api.url}/v1/hooks/${provider}`, { method: 'POST', headers, body });
const TAG = { event: 'Tag Push Hook' };
const lamp = (more: object = {}): Sent => fromGithub('of the lamp', githubPush(more));

test('a push starts a run, of whoever pushed it, without the API’s token and for any host name', async () => {
  const { headers, body } = lamp();
  const answer = await send('github', { body, headers: { ...headers, host: 'hooks.acme.example' } });
  expect(answer.status).toBe(202);
  expect(json(answer)).toMatchObject({ status: 'accepted', runs: [{ service: 'lamp', run: 'r-1' }] });
  expect(inputs).toEqual([
    {
      service: 'lamp',
      cause: {
        ...{ kind: 'push', provider: 'github', delivery: '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
        ...{ branch: 'main', before: BEFORE, after: AFTER },
        ...{ pusher: 'ann', alsoKnownAs: ['ann@acme.example'] },
      },
    },
  ]);
  const again = await send('github', lamp());
  expect(again.status).toBe(200);
  expect(json(again)).toMatchObject({ status: 'known', runs: [{ run: 'r-1' }] });
});

test.each([
  ['a plain token', 'plain', fromGitlab('a plain token', gitlabPush())],
  [
    'a signing token',
    'signed',
    fromGitlab(SIGNING, gitlabPush({ project: { path_with_namespace: 'Acme/Signed' } })),
  ],
])('GitLab with %s', async (_, service, sent) => {
  expect((await send('gitlab', sent)).status).toBe(202);
  expect(inputs).toMatchObject([
    {
      service,
      cause: { provider: 'gitlab', pusher: 'ann', alsoKnownAs: ['Ann Example', 'ann@acme.example'] },
    },
  ]);
});

const NEW = { before: '0'.repeat(40) };
test.each<[string, string, string, Sent]>([
  ['GitHub', 'lamp', 'github', lamp({ ...NEW, ref: 'refs/tags/v1.2.3', created: true, base_ref: null })],
  [
    'GitLab',
    'plain',
    'gitlab',
    fromGitlab(
      'a plain token',
      gitlabPush({ ...NEW, object_kind: 'tag_push', ref: 'refs/tags/v1.2.3' }),
      TAG,
    ),
  ],
])('a new tag at %s starts a run of that version', async (_, service, provider, sent) => {
  expect((await send(provider, sent)).status).toBe(202);
  expect(inputs).toMatchObject([{ service, cause: { tag: 'v1.2.3', after: AFTER, pusher: 'ann' } }]);
  expect(inputs[0]?.cause).not.toHaveProperty('branch');
});

test.each<[string, string, Sent, number, string]>([
  ['a wrong signature', 'github', fromGithub('a guess', githubPush()), 401, 'hook.unsigned'],
  [
    'no signature',
    'github',
    { body: '{}', headers: { 'content-type': 'application/json' } },
    401,
    'hook.unsigned',
  ],
  [
    'a body that was changed after it was signed',
    'github',
    { ...lamp(), body: lamp({ after: '3'.repeat(40) }).body },
    401,
    'hook.unsigned',
  ],
  ['a wrong token', 'gitlab', fromGitlab('a guess', gitlabPush()), 401, 'hook.unsigned'],
  [
    'a signature of another repository',
    'github',
    fromGithub('of the shop', githubPush()),
    403,
    'hook.other_repository',
  ],
  ['a provider that there is not', 'bitbucket', lamp(), 404, 'hook.unknown_provider'],
  ['no JSON', 'github', { ...fromGithub('of the lamp', {}), body: '' }, 401, 'hook.unsigned'],
  [
    'a tag of who says no login, whom it could not bar from approving',
    'gitlab',
    fromGitlab('a plain token', gitlabPush({ ...NEW, ref: 'refs/tags/v1.0.0', user_username: null }), TAG),
    400,
    'request.invalid',
  ],
  ['a push without its commit', 'github', lamp({ after: 'HEAD' }), 400, 'request.invalid'],
  ['a name with control characters', 'github', lamp({ pusher: { name: 'a\nb' } }), 400, 'request.invalid'],
  [
    'a form',
    'github',
    { ...lamp(), headers: { ...lamp().headers, 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'request.invalid',
  ],
  ['too much', 'github', lamp({ commits: 'x'.repeat(6 * 1024 ** 2) }), 413, 'request.invalid'],
])('refused, and nothing is started: %s', async (_, provider, sent, status, type) => {
  const answer = await send(provider, sent);
  expect(answer.status).toBe(status);
  expect(json(answer)).toMatchObject({ error: { type } });
  expect(answer.text).not.toContain('of the');
  expect(inputs).toEqual([]);
});

test.each<[string, string, Sent, string]>([
  ['a ping', 'github', fromGithub('of the lamp', { zen: 'x' }, { event: 'ping' }), 'this is ping'],
  ['an issue', 'github', fromGithub('of the lamp', {}, { event: 'issues' }), 'this is issues'],
  [
    'a tag that is none of a version',
    'github',
    lamp({ ...NEW, ref: 'refs/tags/old' }),
    'the tag old starts nothing',
  ],
  [
    'a tag that cannot be a version',
    'github',
    lamp({ ...NEW, ref: 'refs/tags/v1/x' }),
    'cannot be a version',
  ],
  ['a tag that was moved', 'github', lamp({ ref: 'refs/tags/v1' }), 'v1 was moved'],
  ['a deleted tag', 'github', lamp({ ref: 'refs/tags/v1', after: '0'.repeat(40) }), 'v1 was deleted'],
  [
    'what is neither',
    'github',
    lamp({ ref: 'refs/notes/commits' }),
    'refs/notes/commits is no branch and no tag',
  ],
  ['a deleted branch', 'github', lamp({ after: '0'.repeat(40) }), 'main was deleted'],
  ['another branch', 'github', lamp({ ref: 'refs/heads/wip' }), 'a push to wip starts nothing'],
  [
    'a deleted tag at GitLab',
    'gitlab',
    fromGitlab('a plain token', gitlabPush({ ref: 'refs/tags/v1', after: '0'.repeat(40) }), TAG),
    'v1 was deleted',
  ],
  ['a comment at GitLab', 'gitlab', fromGitlab('a plain token', {}, { event: 'Note Hook' }), 'Note Hook'],
])('heard, and nothing is started: %s', async (_, provider, sent, reason) => {
  const answer = await send(provider, sent);
  expect(answer.status).toBe(200);
  expect(json(answer)).toEqual({ status: 'ignored', reason: expect.stringContaining(reason) as string });
  expect(inputs).toEqual([]);
});

test('a push that Temporal or the store did not take is not acknowledged', async () => {
  fails = new ShipwayError('temporal.unavailable', 'it does not answer');
  expect((await send('github', lamp())).status).toBe(503);
});

test('everything beside the hooks keeps its token', async () => {
  expect((await ask(`${api.url}/v1/policy`)).status).toBe(401);
  expect((await ask(`${api.url}/v1/hooks/github`)).status).toBe(401);
});

test('what a stranger sends without end is refused, and a signed push from the same address is heard', async () => {
  const statuses = new Set<number>();
  for (let i = 0; i < 320; i++) statuses.add((await send('bitbucket', lamp())).status);
  expect([...statuses]).toEqual([404, 429]);
  expect((await send('github', fromGithub('a guess', githubPush()))).status).toBe(429);
  expect((await send('github', lamp())).status).toBe(202);
  const large = await send('github', lamp({ commits: 'x'.repeat(300 * 1024) }));
  expect(large.status).toBe(429);
  expect(json(large)).toMatchObject({ error: { type: 'request.too_many' } });
  expect(large.text).toContain('a signed one of at most 256 KiB is heard all the same');
  expect(inputs).toHaveLength(1);
});

test('one repository has its measure too, and uses up that of no other', async () => {
  const statuses = new Set<number>();
  for (let i = 0; i < 320; i++) statuses.add((await send('github', lamp())).status);
  expect([...statuses]).toEqual([202, 200, 429]);
  const shop = fromGithub('of the shop', githubPush({ repository: { full_name: 'acme/shop' } }));
  expect((await send('github', shop)).status).toBe(202);
});
