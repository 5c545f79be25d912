import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { newTarget } from '../../src/domain/target.js';
import type { Repository, Wanted } from '../../src/domain/trigger.js';
import { digestOf, sha256 } from '../../src/hash.js';
import { sourcesOf } from '../../src/worker/sources.js';
import { run } from '../config/repository.js';
import { memoryStore } from '../support/memory-store.js';

const YAML = (service: string, more = ''): string => `service: ${service}
stages:
  - { name: build, script: [make], artifacts: [dist/] }
  - { name: deploy, environments: [staging, production] }
deploy: { provider: process, command: [node, dist/server.js], router: gateway, strategy: blue_green }
environments: { staging: {}, production: {} }
${more}`;
const NEVER = new AbortController().signal;

let work: string;
let repository: Repository | undefined;
let good: string;
let clones: string;
const kept = new Map<string, Buffer>();
const store = memoryStore();

beforeAll(async () => {
  work = join(await realpath(await mkdtemp(join(tmpdir(), 'shipway-sources-'))), 'work');
  await mkdir(work);
  run(work, 'init', '--quiet', '--initial-branch=main');
  good = await pushed('good', { 'shipway.yaml': YAML('lamp') });
  const url = join(dirname(work), 'lamp.git');
  execFileSync('git', ['clone', '--quiet', '--bare', '--template=', work, url]);
  // What would run if a clone ran anything: it belongs to the repository's own side.
  await mkdir(join(url, 'hooks'), { recursive: true });
  for (const hook of ['post-checkout', 'reference-transaction', 'post-update'])
    await writeFile(join(url, 'hooks', hook), `#!/bin/sh\ntouch ${work}/../ran\n`, { mode: 0o755 });
  repository = { url, file: 'shipway.yaml' };
  clones = join(dirname(work), 'clones');
});
afterAll(() => rm(dirname(work), { recursive: true, force: true }));

async function pushed(message: string, files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(work, name), text);
  run(work, 'add', '--all');
  run(work, 'commit', '--quiet', '--allow-empty', '--message', message);
  if (repository !== undefined) run(work, 'push', '--quiet', repository.url, 'HEAD');
  return run(work, 'rev-parse', 'HEAD');
}
const sources = (mostBytes = 1024 ** 3, env: NodeJS.ProcessEnv = {}) =>
  sourcesOf({
    ...{ fetching: { folder: clones, env, mostBytes }, store },
    artifacts: {
      put: async (content) => {
        const bytes = await buffer(content);
        kept.set(sha256(bytes), bytes);
        return { digest: sha256(bytes), bytes: bytes.length };
      },
    },
  });
const here = (): Repository => repository ?? { url: '', file: '' };
const wanted = (commit: string, more: Partial<Wanted> = {}): Wanted => ({
  ...{ service: 'lamp', repository: here(), named: { branch: 'main' }, commit, askedBy: ['ann'] },
  ...more,
});
const prepared = (commit: string, more: Partial<Wanted> = {}) =>
  sources().prepare(wanted(commit, more), NEVER);

test('the plan is that of the commit, its source is kept, and nothing is left behind or run', async () => {
  const { plan, planHash, source, ancestors } = await prepared(good);
  expect(plan).toMatchObject({
    ...{ service: 'lamp', commit: good, version: good.slice(0, 12), askedBy: ['ann'] },
    ...{ author: 'dev@example.invalid', through: ['staging'], environment: 'production' },
  });
  expect(planHash).toBe(digestOf(plan));
  const bundle = join(dirname(work), 'source.bundle');
  await writeFile(bundle, kept.get(source) ?? '');
  expect(run(work, 'bundle', 'list-heads', bundle)).toContain(good);
  expect(kept.has(ancestors)).toBe(true);
  expect(await readdir(clones)).toEqual([]);
  expect(await readdir(dirname(work))).not.toContain('ran');
  expect((await prepared(good, { environment: 'staging' })).plan).toMatchObject({ environment: 'staging' });
});

test('a branch is asked for its newest commit', async () => {
  expect(await sources().headOf(here(), { branch: 'main' }, NEVER)).toEqual({ object: good, commit: good });
  await expect(sources().headOf(here(), { branch: 'mai' }, NEVER)).rejects.toMatchObject({
    type: 'repository.refused',
  });
});

test('a tag is the version of what it stands for, also an annotated one; another commit is not shipped as it', async () => {
  run(work, 'tag', 'v1.2.3', good);
  run(work, 'tag', '--annotate', '--message', 'signed off', 'v1.2.4', good);
  run(work, 'push', '--quiet', here().url, 'v1.2.3', 'v1.2.4');
  const at = (tag: string) => sources().headOf(here(), { tag }, NEVER);
  expect(await at('v1.2.3')).toEqual({ object: good, commit: good });
  expect(await at('v1.2.4')).toEqual({ object: run(work, 'rev-parse', 'v1.2.4'), commit: good });
  await expect(at('main')).rejects.toThrow('has no tag main');
  for (const tag of ['v1.2.3', 'v1.2.4'])
    expect((await prepared(good, { named: { tag } })).plan).toMatchObject({ version: tag, commit: good });
  const other = await pushed('after the tag', { later: 'x' });
  await expect(prepared(other, { named: { tag: 'v1.2.3' } })).rejects.toThrow('v1.2.3 of ');
});

test('what was built of the commit before is shipped as it is', async () => {
  const release = { service: 'lamp', version: 'v', commit: good, digest: sha256('release'), artifacts: [] };
  await store.releases.save(release, 'first', []);
  // Nothing is known of what its run had done: it is built anew, unless rules rolled it back, which the worker refuses.
  const target = newTarget({ service: 'lamp', environment: 'production' });
  const mark = { ...release, deployment: 'd', reason: 'slow', at: '2026-01-01T00:00:00Z' };
  await store.targets.save({ ...target, holdMarks: [mark] });
  expect((await prepared(good)).plan).toMatchObject({ release: release.digest });
  await store.targets.save({ ...target, revision: 1 });
  expect((await prepared(good)).plan).not.toHaveProperty('release');
  const run = {
    ...{ run: 'first', pipeline: 'pipeline/lamp/first', planHash: '', source: '', requestedBy: 'ann' },
    plan: (await prepared(good)).plan,
  };
  await store.runs.admit({ run, nonce: 'first', message: '', entries: [] });
  const { plan } = await prepared(good);
  expect(plan).toMatchObject({
    release: release.digest,
    stages: [{ name: 'build', reused: 'first' }, {}, {}],
  });
});

test.each<[string, () => Promise<readonly [string, Partial<Wanted>]>, string, string]>([
  [
    'a commit that is on another branch',
    async () => {
      run(work, 'checkout', '--quiet', '-b', 'side');
      const commit = await pushed('side', { side: 'x' });
      run(work, 'checkout', '--quiet', 'main');
      return [commit, {}];
    },
    'commit.unknown',
    'main of ',
  ],
  [
    'a commit that there is not',
    () => Promise.resolve(['3'.repeat(40), {}]),
    'commit.unknown',
    'does not hold 3',
  ],
  [
    'another service than the repository may ship',
    async () => [await pushed('other', { 'shipway.yaml': YAML('payments') }), {}],
    'repository.refused',
    'the policy lets this repository ship lamp',
  ],
  [
    'a configuration with problems',
    async () => [await pushed('wrong', { 'shipway.yaml': YAML('lamp', 'stagse: []\n') }), {}],
    'config.invalid',
    'shipway.yaml:7:1 stagse: ',
  ],
  [
    'an environment that it has not',
    () => Promise.resolve([good, { environment: 'nowhere' }]),
    'repository.refused',
    'lamp has no environment "nowhere"',
  ],
  [
    'a commit without a configuration',
    async () => {
      await rm(join(work, 'shipway.yaml'));
      return [await pushed('none', { 'README.md': 'x' }), {}];
    },
    'repository.refused',
    'has no shipway.yaml',
  ],
  [
    'a configuration in TypeScript',
    async () => [await pushed('ts', { 'shipway.config.ts': 'export default 1;' }), {}],
    'repository.refused',
    'workers run no configuration, so triggers need YAML',
  ],
  [
    'a configuration that is a link out of it',
    async () => {
      await rm(join(work, 'shipway.config.ts'));
      await symlink('/etc/passwd', join(work, 'shipway.yaml'));
      return [await pushed('link', {}), {}];
    },
    'config.invalid',
    'shipway.yaml',
  ],
  [
    'a repository that is not there',
    () => Promise.resolve([good, { repository: { url: '/nowhere.git', file: 'shipway.yaml' } }]),
    'repository.unavailable',
    '/nowhere.git cannot be fetched',
  ],
])('refused: %s', async (_, commit, type, why) => {
  const [of, more] = await commit();
  await expect(prepared(of, more)).rejects.toMatchObject({
    type,
    message: expect.stringContaining(why) as string,
  });
  expect(await readdir(clones)).toEqual([]);
});

test('a credential goes to its own address over https alone, in no argument and in no message', async () => {
  const url = 'https://git.acme.example/acme/lamp.git';
  const at = { url, file: 'shipway.yaml', credential: 'SHIPWAY_TRIGGER_FETCH' };
  const asked = (env: NodeJS.ProcessEnv) => sources(1, env).headOf(at, { branch: 'main' }, NEVER);
  await expect(asked({})).rejects.toMatchObject({
    type: 'credential.missing',
    message: 'SHIPWAY_TRIGGER_FETCH is not there, or is empty',
  });
  const bin = join(dirname(work), 'bin');
  await mkdir(bin);
  const told =
    '#!/bin/sh\necho "$@" >&2\nenv | grep -E "^GIT_(CONFIG|ALLOW|TERM)" | sort > "$0.env"\nexit 1\n';
  await writeFile(join(bin, 'git'), told, { mode: 0o755 });
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(asked({ SHIPWAY_TRIGGER_FETCH: 'a-token\n' })).rejects.toMatchObject({
    type: 'repository.unavailable',
    message: `${url} cannot be fetched: ls-remote --quiet -- ${url} refs/heads/main`,
  });
  const header = `Authorization: Basic ${Buffer.from('x-access-token:a-token').toString('base64')}`;
  expect(await readFile(join(bin, 'git.env'), 'utf8')).toBe(
    [
      'GIT_ALLOW_PROTOCOL=https',
      'GIT_CONFIG_COUNT=5',
      ...[
        'core.hooksPath',
        'credential.helper',
        'http.followRedirects',
        'fetch.unpackLimit',
        `http.${url}.extraHeader`,
      ].map((key, i) => `GIT_CONFIG_KEY_${String(i)}=${key}`),
      ...['/dev/null', '', 'false', '1', header].map((value, i) => `GIT_CONFIG_VALUE_${String(i)}=${value}`),
      'GIT_TERMINAL_PROMPT=0\n',
    ].join('\n'),
  );
});

test('a repository that is too large is refused', async () => {
  await expect(sources(100).prepare(wanted(good), NEVER)).rejects.toMatchObject({
    type: 'repository.refused',
    message: 'a repository may have 100 bytes (SHIPWAY_ARTIFACT_LIMIT)',
  });
  expect(await readdir(clones)).toEqual([]);
});
