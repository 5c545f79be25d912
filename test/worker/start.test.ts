import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/domain/messages.js';
import { ROLES } from '../../src/settings.js';
import { temporaryFolder } from '../dev/temporary.js';
import { jsonOf } from '../support/command-line.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';
import { freshDatabase, workerProcess, type WorkerProcess } from '../support/worker-process.js';

const POLICY = 'environments:\n  production: { identity: asserted }\n';
let folder: string;
const running: WorkerProcess[] = [];
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'shipway.policy.yaml'), POLICY);
  await writeFile(join(folder, 'broken.toml'), '[profile');
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
const start = (env: Readonly<Record<string, string>>, ...args: string[]): WorkerProcess => {
  const worker = workerProcess(folder, env, args);
  running.push(worker);
  return worker;
};

test.each([
  ['no database', {}, [], 'DATABASE_URL is not set'],
  ['no API for a stage worker', {}, ['--role', 'stage'], 'SHIPWAY_API_URL is not set'],
  ['no such role', {}, ['--role', 'all'], '"all" is no role of a worker'],
  ['no such level', { SHIPWAY_LOG_LEVEL: 'loud' }, [], 'SHIPWAY_LOG_LEVEL is "loud"'],
  [
    'a broken Temporal profile',
    { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x', TEMPORAL_CONFIG_FILE: 'broken.toml' },
    [],
    'Temporal’s configuration cannot be read',
  ],
  [
    'a user for stages that is not there',
    { SHIPWAY_API_URL: 'http://127.0.0.1:1', SHIPWAY_STAGE_USER: 'no-such-user' },
    ['--role', 'stage'],
    'SHIPWAY_STAGE_USER',
  ],
] as const)('exit code 2, in words: %s', async (_, env, args, message) => {
  const worker = start(env, ...args);
  expect(await worker.ended).toBe(2);
  expect(worker.log()).toMatch(new RegExp(`^shipway: .*${message}`, 'm'));
  expect(worker.log()).toMatch(/^next: \S/m);
  expect(worker.log()).not.toMatch(/hunter2|\n {4}at /);
});

test('exit code 2 when the policy is bad, there is none, or the API would be open; and the process ends', async () => {
  const env = { DATABASE_URL: await freshDatabase(), TEMPORAL_NAMESPACE: await freshNamespace() };
  const open = start({ ...env, SHIPWAY_API_HOST: '0.0.0.0' });
  expect(await open.ended).toBe(2);
  expect(open.log()).toContain('the API would listen on 0.0.0.0 without a token');
  const none = start({
    ...env,
    DATABASE_URL: await freshDatabase(),
    SHIPWAY_POLICY: join(folder, 'none.yaml'),
  });
  expect(await none.ended).toBe(2);
  expect(none.log()).toContain('none.yaml');
  await writeFile(join(folder, 'bad.yaml'), 'environments: {}\n');
  const bad = start({
    ...env,
    DATABASE_URL: await freshDatabase(),
    SHIPWAY_POLICY: join(folder, 'bad.yaml'),
  });
  expect(await bad.ended).toBe(2);
  expect(bad.log()).toContain('bad.yaml:1:');
});

test('exit code 1, in words, when a server does not answer; and the process ends', async () => {
  const temporal = start({ DATABASE_URL: await freshDatabase(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
  const database = start({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' });
  expect(await Promise.all([temporal.ended, database.ended])).toEqual([1, 1]);
  expect(temporal.log()).toContain('shipway: Temporal at 127.0.0.1:1 does not let us in');
  expect(temporal.log()).toContain('why:  temporal.unavailable');
  expect(database.log()).toContain('why:  store.unavailable');
  expect(database.log()).not.toContain('hunter2');
});

test('search attributes are registered at the start, /health tells which policy rules, and stdout has what was asked for', async () => {
  const namespace = `bare-${randomUUID()}`;
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    const retention = { seconds: 86_400 as never };
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: retention,
    });
    const known = async () => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      return Object.keys(SEARCH_ATTRIBUTES).filter((name) => Object.hasOwn(customAttributes, name));
    };
    await expect
      .poll(
        () =>
          known().then(
            (names) => names.length,
            () => -1,
          ),
        { timeout: 30_000 },
      )
      .toBe(0);
    const env = { DATABASE_URL: await freshDatabase(), TEMPORAL_NAMESPACE: namespace };
    const worker = start(env);
    const api = await worker.polls;
    expect(await known()).toEqual(Object.keys(SEARCH_ATTRIBUTES));
    const health = (await (await fetch(`${api ?? ''}/health`)).json()) as {
      checks: Record<string, { detail: string }>;
    };
    expect(health.checks['policy']?.detail).toMatch(/^[0-9a-f]{12} rules since /);

    await writeFile(
      join(folder, 'shipway.policy.yaml'),
      'environments: { production: { identity: signed } }\n',
    );
    const second = start(env, '--json');
    const apiUrl = await second.polls;
    const response = await fetch(`${apiUrl ?? ''}/health`);
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/rules since .*shipway\.policy\.yaml is refused/);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    const roles = [...ROLES];
    expect(jsonOf({ code: 0, stdout: second.out(), stderr: '' })).toEqual({ schema: 1, roles, apiUrl });
    worker.child.kill('SIGINT');
    expect(await worker.ended).toBe(0);
    expect(worker.out()).toBe('');
  } finally {
    await connection.close();
  }
});
