import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { personOf, resolveConnection } from '../src/connection.js';
import { UsageError } from '../src/errors.js';

const DEV = {
  temporalAddress: '127.0.0.1:1111',
  namespace: 'default',
  apiUrl: 'http://127.0.0.1:2222',
  uiUrl: 'http://127.0.0.1:3333',
};
const API = { SHIPWAY_API_URL: 'http://api.example.invalid:8080' };
const refusal = async (asked: Promise<unknown>): Promise<string> => {
  const error: unknown = await asked.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UsageError);
  const { message, next } = error as UsageError;
  return `${message}; ${next}`;
};

let home = '';
let deep = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shipway-connection-'));
  deep = join(home, 'project/packages/shop');
  await mkdir(deep, { recursive: true });
  await mkdir(join(home, 'project/.shipway'));
  await writeFile(join(home, 'project/.shipway/dev.json'), JSON.stringify({ ...DEV, pid: 1 }));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const NO_URL = '{ "temporalAddress": "127.0.0.1:7233", "namespace": "default", "apiUrl": "nowhere" }';

describe('the nearest shipway dev', () => {
  test('is found here and from folders below, with what a client needs of it', async () => {
    for (const folder of [join(home, 'project'), deep])
      expect(await resolveConnection({}, folder)).toEqual(DEV);
  });

  test('a nearer one hides it; a folder without one does not', async () => {
    const nearer = join(home, 'project/packages');
    await mkdir(join(nearer, '.shipway'));
    expect(await resolveConnection({}, deep)).toEqual(DEV);
    const other = { ...DEV, temporalAddress: '127.0.0.1:4444' };
    await writeFile(join(nearer, '.shipway/dev.json'), JSON.stringify(other));
    expect(await resolveConnection({}, deep)).toEqual(other);
    await rm(join(nearer, '.shipway'), { recursive: true });
  });

  test('is not mixed with the environment', async () => {
    const asked = resolveConnection(API, deep);
    expect(await refusal(asked)).toContain('SHIPWAY_API_URL is set and TEMPORAL_ADDRESS is not');
    const other = await resolveConnection(
      { ...API, TEMPORAL_ADDRESS: 'temporal.example.invalid:7233' },
      deep,
    );
    expect(other.temporalAddress).toBe('temporal.example.invalid:7233');
    expect(other.uiUrl).toBeUndefined();
  });

  test('that works on the server which the environment names gives its API, and the environment the way in', async () => {
    const same = { TEMPORAL_ADDRESS: DEV.temporalAddress, TEMPORAL_API_KEY: 'secret' };
    expect(await resolveConnection(same, deep)).toMatchObject({ ...DEV, temporal: { apiKey: 'secret' } });
    for (const other of [{ TEMPORAL_ADDRESS: '127.0.0.1:4' }, { ...same, TEMPORAL_NAMESPACE: 'deploys' }])
      expect(await refusal(resolveConnection(other, deep))).toContain('SHIPWAY_API_URL is not');
  });

  test('may be on a server whose UI is not known', async () => {
    const folder = await mkdtemp(join(home, 'bare-'));
    const { temporalAddress, namespace, apiUrl } = DEV;
    const bare = { temporalAddress, namespace, apiUrl };
    await mkdir(join(folder, '.shipway'));
    await writeFile(join(folder, '.shipway/dev.json'), JSON.stringify(bare));
    expect(await resolveConnection({}, folder)).toEqual(bare);
  });

  test('nothing anywhere says what to start or set', async () => {
    const asked = resolveConnection({}, home);
    expect(await refusal(asked)).toBe(
      'no server is known here; start `shipway dev`, or set TEMPORAL_ADDRESS and SHIPWAY_API_URL',
    );
    expect(await refusal(resolveConnection({ TEMPORAL_ADDRESS: '' }, home))).toContain('no server is known');
  });

  test.each(['127.0.0.1:0', '::1', '127.0.0.1:99999', 'http://127.0.0.1:7233', 'not an address', ':7233'])(
    'an address of Temporal that is none: %j',
    async (wrong) => {
      const said = await refusal(
        resolveConnection({ TEMPORAL_ADDRESS: wrong, SHIPWAY_API_URL: 'http://x' }, home),
      );
      expect(said).toContain(`${JSON.stringify(wrong)}; set TEMPORAL_ADDRESS to a host and a port`);
    },
  );

  test.each(['localhost', 'temporal.example:7233', '127.0.0.1:1', '[::1]:7233', '[::1]'])(
    'an address of Temporal that is one: %j',
    async (right) => {
      const given = { TEMPORAL_ADDRESS: right, SHIPWAY_API_URL: 'http://x' };
      expect(await resolveConnection(given, home)).toMatchObject({ temporalAddress: right });
    },
  );

  test.each(['', '{', 'null', '[]', '{ "temporalAddress": "x" }', '{ "pid": 1 }', NO_URL])(
    'a file that is not one is named, never passed over: %j',
    async (text) => {
      const folder = await mkdtemp(join(home, 'wrong-'));
      await mkdir(join(folder, '.shipway'));
      await writeFile(join(folder, '.shipway/dev.json'), text);
      const said = await refusal(resolveConnection({}, folder));
      expect(said).toContain(`${join(folder, '.shipway/dev.json')} is not what \`shipway dev\` writes`);
    },
  );
});

describe('the environment', () => {
  const address = 'temporal.example.invalid:7233';

  test('names Temporal as every client of it reads it, and the API', async () => {
    const found = await resolveConnection(
      {
        ...API,
        TEMPORAL_ADDRESS: address,
        TEMPORAL_NAMESPACE: 'deploys',
        TEMPORAL_API_KEY: 'secret',
        SHIPWAY_API_TOKEN: 'token',
        SHIPWAY_UI_URL: 'https://ui.example.invalid/',
      },
      home,
    );
    expect(found).toMatchObject({
      temporalAddress: address,
      namespace: 'deploys',
      apiUrl: API.SHIPWAY_API_URL,
      apiToken: 'token',
      uiUrl: 'https://ui.example.invalid/',
      temporal: { address, apiKey: 'secret' },
    });
    expect(found.temporal?.tls).toBeTruthy();
    const plain = await resolveConnection({ ...API, TEMPORAL_ADDRESS: address }, home);
    expect(plain).toMatchObject({ namespace: 'default' });
    expect(plain.temporal?.tls ?? false).toBe(false);
    expect(plain).not.toHaveProperty('apiToken');
  });

  test('may name a profile in a file', async () => {
    const file = join(home, 'temporal.toml');
    await writeFile(file, `[profile.prod]\naddress = "${address}"\nnamespace = "ships"\n`);
    const env = { ...API, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' };
    expect(await resolveConnection(env, home)).toMatchObject({
      temporalAddress: address,
      namespace: 'ships',
    });
    const absent = await refusal(resolveConnection({ ...env, TEMPORAL_PROFILE: 'staging' }, home));
    expect(absent).toContain('Temporal’s configuration cannot be read');
    expect(absent).toContain('TEMPORAL_PROFILE');
  });

  test.each<[string, Record<string, string>, string]>([
    ['half of it', { TEMPORAL_ADDRESS: address }, 'TEMPORAL_ADDRESS is set and SHIPWAY_API_URL is not'],
    ['a profile alone', { TEMPORAL_PROFILE: 'prod' }, 'TEMPORAL_PROFILE is set and SHIPWAY_API_URL is not'],
    [
      'no address',
      { TEMPORAL_ADDRESS: address, SHIPWAY_API_URL: 'api:8080' },
      'SHIPWAY_API_URL is "api:8080"',
    ],
    [
      'a password in an address',
      { TEMPORAL_ADDRESS: address, SHIPWAY_API_URL: 'https://me:hunter2@api.example.invalid' },
      'SHIPWAY_API_URL has a user or a password in it',
    ],
    [
      'one in what is no address',
      { TEMPORAL_ADDRESS: address, SHIPWAY_API_URL: 'me:hunter2@api.example.invalid' },
      'SHIPWAY_API_URL has a user or a password in it',
    ],
    [
      'one before the UI',
      { ...API, TEMPORAL_ADDRESS: address, SHIPWAY_UI_URL: 'https://me:hunter2@ui.example.invalid/x' },
      'SHIPWAY_UI_URL has a user or a password in it',
    ],
    [
      'a query',
      { TEMPORAL_ADDRESS: address, SHIPWAY_API_URL: 'http://api:1/x?y=1' },
      'SHIPWAY_API_URL has something after its path: ?y=1',
    ],
    ['a wrong UI', { ...API, TEMPORAL_ADDRESS: address, SHIPWAY_UI_URL: 'ui' }, 'SHIPWAY_UI_URL is "ui"'],
  ])('%s is refused', async (_, env, said) => {
    const refused = await refusal(resolveConnection(env, home));
    expect(refused).toContain(said);
    expect(refused).not.toContain('hunter2');
  });
});

describe('who speaks', () => {
  test('--as, else SHIPWAY_USER, else the user of this machine', () => {
    expect(personOf('alice', { SHIPWAY_USER: 'bob' })).toBe('alice');
    expect(personOf(undefined, { SHIPWAY_USER: 'bob' })).toBe('bob');
    expect(personOf(undefined, { SHIPWAY_USER: '' })).toBe(userInfo().username);
    expect(personOf('Zoë van der Berg', {})).toBe('Zoë van der Berg');
  });

  test.each(['', ' ', ' alice', 'alice ', 'a\nb', 'a\u202eb', 'a\u0000', 'x'.repeat(201)])(
    '%j is nobody',
    (as) => {
      expect(() => personOf(as, {})).toThrow(UsageError);
    },
  );
});
