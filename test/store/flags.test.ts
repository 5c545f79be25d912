import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { flagsContract } from '../contracts/flags.js';
import { memoryFlags } from '../support/memory-flags.js';
import { sql } from './cluster.js';
import { storeOfFile } from './of-file.js';

const { store, url } = await storeOfFile();
const other = await openStore({ url });
afterAll(() => other.close());

flagsContract('PostgreSQL', async () => {
  await sql(url, 'TRUNCATE shipway.flags');
  return { flags: store.flags, other: other.flags };
});
flagsContract('the fake', () => {
  const flags = memoryFlags();
  return Promise.resolve({ flags, other: flags });
});

test('of changes at one moment none is overtaken: who has seen a revision has missed nothing before it', async () => {
  const never = new AbortController().signal;
  const targets = Array.from({ length: 8 }, (_, i) => ({ service: `s${String(i)}`, environment: 'e' }));
  const flags = [{ name: 'f', variants: { on: true, off: false }, off: 'off' }];
  for (const target of targets) await store.flags.declare(target, { version: 'v1', flags }, never);
  const first = await store.flags.revision(never);
  const missed: number[] = [];
  let going = true;
  const looking = (async () => {
    while (going) {
      const revision = await other.flags.revision(never);
      const there = await Promise.all(targets.map((target) => other.flags.list(target, never)));
      if (there.flat().filter((flag) => flag.set).length < revision - first) missed.push(revision);
    }
  })();
  await Promise.all(targets.map((target) => store.flags.set(target, { name: 'f', by: 'ann' }, never)));
  going = false;
  await looking;
  expect(missed).toEqual([]);
  expect(await store.flags.revision(never)).toBe(first + targets.length);
});
