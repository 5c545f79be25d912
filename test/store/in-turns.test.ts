import { expect, test } from 'vitest';
import { ShipwayError } from '../../src/errors.js';
import { inTurns } from '../../src/store/in-turns.js';

/** A write that the first call holds up, so that the others go together; `fail` says what is wrong with a batch. */
function lab(fail: (items: readonly string[]) => Error | undefined) {
  const batches: (readonly string[])[] = [];
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const add = inTurns(async (items: readonly string[]) => {
    batches.push(items);
    if (items[0] === 'first') await held;
    const error = fail(items);
    if (error !== undefined) throw error;
  });
  const all = async (...calls: readonly (readonly string[])[]) => {
    const first = add(['first']);
    const ends = Promise.allSettled(calls.map((items) => add(items)));
    goOn();
    await first;
    return (await ends).map((end) => end.status);
  };
  return { batches, all };
}

test('what is wrong with one call fails no other, and none is written twice', async () => {
  const { batches, all } = lab((items) => (items.includes('bad') ? new Error('bad') : undefined));
  expect(await all(['a'], ['b', 'bad'], ['c', 'd'])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(batches.slice(1)).toEqual([['a', 'b', 'bad', 'c', 'd'], ['a'], ['b', 'bad'], ['c', 'd']]);
});

test('when nobody answers all are told at once', async () => {
  const gone = new ShipwayError('store.unavailable', 'gone');
  const { batches, all } = lab((items) => (items.includes('first') ? undefined : gone));
  expect(await all(['a'], ['b'])).toEqual(['rejected', 'rejected']);
  expect(batches).toHaveLength(2);
});
