import type { Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/domain/messages.js';
import { addMissing, registerSearchAttributes } from '../../src/worker/search-attributes.js';
import { freshDatabase } from '../support/worker-process.js';

/** A namespace on a server that is slow to add, and refuses what it has already. */
function server(known: readonly string[] = [], refuses = false) {
  const attributes = new Set(known);
  let adding = 0;
  const operatorService = {
    listSearchAttributes: () =>
      Promise.resolve({ customAttributes: Object.fromEntries([...attributes].map((name) => [name, 1])) }),
    addSearchAttributes: async ({ searchAttributes }: { searchAttributes: object }) => {
      adding += 1;
      if (refuses) throw new Error('not allowed');
      await new Promise((r) => setTimeout(r, 50));
      const names = Object.keys(searchAttributes);
      if (names.some((name) => attributes.has(name))) throw new Error('already exists');
      for (const name of names) attributes.add(name);
    },
  };
  return {
    connection: { operatorService } as unknown as Connection,
    names: () => [...attributes].sort(),
    adding: () => adding,
  };
}
const ALL = Object.keys(SEARCH_ATTRIBUTES).sort();

test('workers that start at once take turns, and the first adds what is missing', async () => {
  const { connection, names, adding } = server(['ShipwayService', 'Another']);
  const settings = { databaseUrl: await freshDatabase() };
  await Promise.all([1, 2, 3].map(() => registerSearchAttributes(connection, 'default', settings)));
  expect(names()).toEqual(['Another', ...ALL]);
  expect(adding()).toBe(1);
});

test('one that was quicker, without the lock, is no failure; what is missing afterwards is', async () => {
  const { connection, names } = server();
  await Promise.all([addMissing(connection, 'default'), addMissing(connection, 'default')]);
  expect(names()).toEqual(ALL);
  const closed = server([], true);
  await expect(addMissing(closed.connection, 'default')).rejects.toThrow('not allowed');
});
