import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { Policy } from '../../src/domain/policy.js';
import { currentPolicy } from '../../src/worker/current-policy.js';
import { acceptPolicy } from '../../src/worker/policy.js';
import { temporaryFolder } from '../dev/temporary.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';

const GOOD = 'environments:\n  production: { identity: asserted, approvals: { required_approvals: 2 } }\n';
const OTHER = 'environments:\n  production: { identity: asserted }\n';
const BAD = 'environments:\n  production: { identity: signed }\n  staging: { identity: guessed }\n';

let store: MemoryStore;
let policyFile: string;
let logged: string[];
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
beforeEach(async () => {
  store = memoryStore();
  policyFile = join(await temporaryFolder(), 'shipway.policy.yaml');
  logged = [];
});
const start = async (text: string | undefined, publishPolicy = false): Promise<string> => {
  if (text !== undefined) await writeFile(policyFile, text);
  return (await acceptPolicy(store, { policyFile, publishPolicy }, log))();
};
const approvals = async (): Promise<number | undefined> => {
  const { environments }: Policy = await currentPolicy(store)();
  return environments['production']?.approvals.requiredApprovals;
};

test('a good one rules, and /health says which', async () => {
  expect(await start(GOOD)).toMatch(/^[0-9a-f]{12} rules since 20/);
  expect(await approvals()).toBe(2);
});

test('the newest accepted one rules for all', async () => {
  await start(GOOD);
  await start(OTHER);
  expect(await approvals()).toBe(0);
});

test('a worker that comes up again with an older file does not bring the old rules back, and says so', async () => {
  await start(OTHER);
  await start(GOOD);
  logged = [];
  const health = await start(OTHER);
  expect(await approvals()).toBe(2);
  expect(health).toMatch(/^[0-9a-f]{12} rules since .*; .*shipway\.policy\.yaml is an older policy file/);
  expect(logged.join()).toMatch(/older policy file: .*--publish-policy/);
});

test('the operator may go back to an older file on purpose', async () => {
  await start(GOOD);
  await start(OTHER);
  const old = await acceptPolicy(store, { policyFile: await file(GOOD) }, log);
  expect(await old()).toContain('older');
  expect(await start(GOOD, true)).toMatch(/^[0-9a-f]{12} rules since [^;]*$/);
  expect(await approvals()).toBe(2);
  expect(await old()).not.toContain('older');
});

test('one that rules already is not published again, however it is written', async () => {
  await start(GOOD);
  const before = await store.policy.current();
  await start(
    '# the same\nenvironments:\n  production:\n    approvals: { required_approvals: 2 }\n    identity: asserted\n',
  );
  expect(await store.policy.current()).toBe(before);
});

test('a bad new one is refused with all reasons, the last good one stays, and /health says so', async () => {
  await start(GOOD);
  logged = [];
  const health = await start(BAD);
  expect(health).toMatch(
    /^[0-9a-f]{12} rules since .*; .*shipway\.policy\.yaml is refused: .*:2:\d+ .*signed/,
  );
  expect(health).not.toContain('\n');
  expect(await approvals()).toBe(2);
  expect(logged.join()).toContain(':2:');
  expect(logged.join()).toContain(':3:');
});

test('a file that is gone is refused too, as long as a good one rules', async () => {
  await start(GOOD);
  policyFile += '.gone';
  expect(await start(undefined)).toContain('.gone is refused: ');
  expect(await approvals()).toBe(2);
});

test('/health says what rules now, not what this worker found when it started', async () => {
  const mine = await acceptPolicy(store, { policyFile: await file(GOOD) }, log);
  const first = await mine();
  await acceptPolicy(store, { policyFile: await file(OTHER) }, log);
  expect(await mine()).not.toBe(first);
});
async function file(text: string): Promise<string> {
  const path = join(await temporaryFolder(), 'policy.yaml');
  await writeFile(path, text);
  return path;
}

test('without any good one the worker does not start, and says why', async () => {
  await expect(start(BAD)).rejects.toMatchObject({ type: 'config.invalid' });
  await expect(start(BAD)).rejects.toThrow(/no policy to work by:\n.*:2:\d+/);
  policyFile += '.gone';
  await expect(start(undefined)).rejects.toMatchObject({ name: 'UsageError' });
  await expect(currentPolicy(store)()).rejects.toMatchObject({ type: 'policy.refused' });
});
