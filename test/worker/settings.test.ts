import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { logLevel, parseRoles, ROLES, workerSettings, type Role } from '../../src/settings.js';

const URL = 'postgres://u:hunter2@db:5432/shipway';
const of = (env: Record<string, string>, roles: readonly Role[] = ROLES) =>
  workerSettings({ DATABASE_URL: URL, ...env }, roles, 4);

function refusal(make: () => unknown): { message: string; next: string } {
  try {
    make();
  } catch (error) {
    if (error instanceof UsageError) return { message: error.message, next: error.next };
    throw error;
  }
  throw new Error('nothing was refused');
}

test('without anything but a database, everything is on this machine', () => {
  expect(of({})).toEqual({
    roles: ['control', 'watch', 'stage', 'host'],
    databaseUrl: URL,
    stateDir: resolve('.shipway'),
    artifactDir: resolve('.shipway/artifacts'),
    secretsDir: resolve('.shipway/secrets'),
    secretsIdentity: resolve('.shipway/secrets/identity.txt'),
    policyFile: resolve('shipway.policy.yaml'),
    apiHost: '127.0.0.1',
    apiPort: 0,
    apiToken: undefined,
    stageToken: undefined,
    flags: { host: '127.0.0.1' },
    maxArtifactBytes: 2 * 1024 ** 3,
    apiUrl: undefined,
    hostId: hostname(),
    stageSlots: 4,
    stageDir: resolve('.shipway/stages'),
    stageUser: undefined,
  });
});

test.each([
  [
    'SHIPWAY_STATE_DIR',
    '/var/lib/s',
    { stateDir: '/var/lib/s', artifactDir: '/var/lib/s/artifacts', stageDir: '/var/lib/s/stages' },
  ],
  ['SHIPWAY_STATE_DIR', 'here', { stateDir: resolve('here') }],
  ['SHIPWAY_ARTIFACT_DIR', '/a', { artifactDir: '/a' }],
  ['SHIPWAY_SECRETS_DIR', '/k', { secretsDir: '/k', secretsIdentity: '/k/identity.txt' }],
  ['SHIPWAY_SECRETS_IDENTITY', '/i.txt', { secretsIdentity: '/i.txt' }],
  ['SHIPWAY_STAGE_DIR', '/s', { stageDir: '/s' }],
  ['SHIPWAY_STAGE_USER', 'builder', { stageUser: 'builder' }],
  ['SHIPWAY_POLICY', '/etc/p.yaml', { policyFile: '/etc/p.yaml' }],
  ['SHIPWAY_API_HOST', '0.0.0.0', { apiHost: '0.0.0.0' }],
  ['SHIPWAY_API_PORT', '7070', { apiPort: 7070 }],
  ['SHIPWAY_API_PORT', '0', { apiPort: 0 }],
  ['SHIPWAY_API_TOKEN', 'long', { apiToken: 'long' }],
  ['SHIPWAY_STAGE_TOKEN', 'other', { stageToken: 'other' }],
  ['SHIPWAY_FLAGS_HOST', '::1', { flags: { host: '::1' } }],
  ['SHIPWAY_FLAGS_PORT', '8015', { flags: { host: '127.0.0.1', port: 8015 } }],
  ['SHIPWAY_FLAGS_TOKEN', 'long', { flags: { host: '127.0.0.1', token: 'long' } }],
  ['SHIPWAY_API_URL', 'https://control:7070/', { apiUrl: 'https://control:7070/' }],
  ['SHIPWAY_HOST_ID', 'host-1.example', { hostId: 'host-1.example' }],
  ['SHIPWAY_STAGE_SLOTS', '12', { stageSlots: 12 }],
  ['SHIPWAY_ARTIFACT_LIMIT', '512Mi', { maxArtifactBytes: 512 * 1024 ** 2 }],
  ['DATABASE_URL', 'postgresql://db/shipway', { databaseUrl: 'postgresql://db/shipway' }],
] as const)('%s=%s', (name, value, expected) => {
  expect(of({ [name]: value })).toMatchObject(expected);
});

test('one token for people and stage workers is refused', () => {
  expect(() => of({ SHIPWAY_API_TOKEN: 'same', SHIPWAY_STAGE_TOKEN: 'same' })).toThrow(
    'SHIPWAY_STAGE_TOKEN is the same as SHIPWAY_API_TOKEN',
  );
});

test('a variable that is empty is not set', () => {
  const names = [
    'STATE_DIR',
    'ARTIFACT_DIR',
    'STAGE_DIR',
    'STAGE_USER',
    'POLICY',
    'API_HOST',
    'API_PORT',
    'API_URL',
    'HOST_ID',
    'STAGE_SLOTS',
  ];
  const empty = Object.fromEntries(names.map((name) => [`SHIPWAY_${name}`, '']));
  expect(of(empty)).toEqual(of({}));
  expect(refusal(() => of({ DATABASE_URL: '' })).message).toBe('DATABASE_URL is not set');
});

describe('refused with what to do', () => {
  test.each([
    ['SHIPWAY_API_PORT', '70700', 'SHIPWAY_API_PORT is "70700"', 'set it to a whole number from 0 to 65535'],
    ['SHIPWAY_API_PORT', '-1', 'SHIPWAY_API_PORT is "-1"', 'set it to a whole number from 0 to 65535'],
    ['SHIPWAY_API_PORT', '0x50', 'SHIPWAY_API_PORT is "0x50"', 'set it to a whole number from 0 to 65535'],
    ['SHIPWAY_API_PORT', ' 80', 'SHIPWAY_API_PORT is " 80"', 'set it to a whole number from 0 to 65535'],
    ['SHIPWAY_ARTIFACT_LIMIT', '2 GB', 'SHIPWAY_ARTIFACT_LIMIT is "2 GB"', 'set it to 2Gi'],
    [
      'SHIPWAY_ARTIFACT_LIMIT',
      '0Gi',
      'SHIPWAY_ARTIFACT_LIMIT is "0Gi"',
      'set it to a number with Ki, Mi, Gi or Ti, such as 2Gi',
    ],
    ['SHIPWAY_STAGE_SLOTS', '0', 'SHIPWAY_STAGE_SLOTS is "0"', 'set it to a whole number from 1 to 1000'],
    ['SHIPWAY_STAGE_SLOTS', '1e3', 'SHIPWAY_STAGE_SLOTS is "1e3"', 'set it to a whole number from 1 to 1000'],
    ['SHIPWAY_STAGE_SLOTS', '2.5', 'SHIPWAY_STAGE_SLOTS is "2.5"', 'set it to a whole number from 1 to 1000'],
    [
      'SHIPWAY_API_TOKEN',
      '',
      'SHIPWAY_API_TOKEN is empty',
      'set it to a long random text, or do not set it at all',
    ],
    [
      'SHIPWAY_FLAGS_TOKEN',
      '',
      'SHIPWAY_FLAGS_TOKEN is empty',
      'set it to a long random text, or do not set it at all',
    ],
    [
      'SHIPWAY_FLAGS_HOST',
      '0.0.0.0',
      'flags would be served on 0.0.0.0 without a token',
      'set SHIPWAY_FLAGS_TOKEN to a long random text, or serve them on 127.0.0.1',
    ],
    ['SHIPWAY_FLAGS_PORT', '0', 'SHIPWAY_FLAGS_PORT is "0"', 'set it to a whole number from 1 to 65535'],
    [
      'SHIPWAY_API_URL',
      'control:7070',
      'SHIPWAY_API_URL is no address',
      'set it to one such as http://control:7070',
    ],
    [
      'SHIPWAY_API_URL',
      'http://',
      'SHIPWAY_API_URL is no address',
      'set it to one such as http://control:7070',
    ],
    [
      'SHIPWAY_HOST_ID',
      'a b',
      'SHIPWAY_HOST_ID is "a b"',
      'set it to letters, digits, dots and dashes that stay the same over restarts',
    ],
    [
      'DATABASE_URL',
      'mysql://u:hunter2@db/x',
      'DATABASE_URL is no address',
      'set it to one such as postgres://user:password@host:5432/shipway',
    ],
  ])('%s=%s', (name, value, message, next) => {
    expect(refusal(() => of({ [name]: value }))).toEqual({ message, next });
  });

  test('no database, where a role needs one', () => {
    for (const role of ['control', 'watch', 'host'] as const)
      expect(refusal(() => workerSettings({ SHIPWAY_API_URL: 'http://c' }, ['stage', role], 1))).toEqual({
        message: 'DATABASE_URL is not set',
        next: 'set it to shipway’s PostgreSQL, or use `shipway dev`, which starts one',
      });
  });

  test('no API for a stage worker on its own', () => {
    expect(refusal(() => of({}, ['stage']))).toEqual({
      message: 'SHIPWAY_API_URL is not set',
      next: 'a stage worker has no database: set it to the address of a control worker’s API',
    });
  });

  test('roles and levels that do not exist', () => {
    expect(refusal(() => parseRoles('control,stages'))).toEqual({
      message: '"stages" is no role of a worker',
      next: 'use one or several of control, watch, stage, host',
    });
    expect(refusal(() => parseRoles('')).message).toBe('"" is no role of a worker');
    expect(refusal(() => logLevel({ SHIPWAY_LOG_LEVEL: 'loud' }))).toEqual({
      message: 'SHIPWAY_LOG_LEVEL is "loud"',
      next: 'set it to one of error, warn, info, debug',
    });
  });
});

test('a stage worker on its own takes no database, even when it is offered one', () => {
  const settings = of({ SHIPWAY_API_URL: 'http://control:7070' }, ['stage']);
  expect(settings.databaseUrl).toBeUndefined();
  expect(JSON.stringify(settings)).not.toContain('hunter2');
});

test('roles are said once, whatever the spaces; none are all', () => {
  expect(parseRoles('stage, control,stage')).toEqual(['stage', 'control']);
  expect(parseRoles(undefined)).toEqual(ROLES);
  expect([
    logLevel({}),
    logLevel({ SHIPWAY_LOG_LEVEL: '' }),
    logLevel({ SHIPWAY_LOG_LEVEL: 'debug' }),
  ]).toEqual(['info', 'info', 'debug']);
});
