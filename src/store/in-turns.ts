import { ShipwayError } from '../errors.js';

interface Waiting<T> {
  readonly items: readonly T[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
const MOST_ITEMS = 500;

/**
 * One `write` at a time; calls made meanwhile wait and go together in the next one, in their order. A call is never split. When a
 * batch fails, and not because nobody answered, its calls are written one by one: what is wrong with one of them fails no other.
 */
export function inTurns<T>(
  write: (items: readonly T[]) => Promise<void>,
): (items: readonly T[]) => Promise<void> {
  const queue: Waiting<T>[] = [];
  let writing = false;
  const written = async (batch: readonly Waiting<T>[]): Promise<void> => {
    try {
      await write(batch.flatMap((w) => w.items));
      for (const w of batch) w.resolve();
    } catch (error) {
      const away = error instanceof ShipwayError && error.type === 'store.unavailable';
      if (away || batch.length === 1) for (const w of batch) w.reject(error);
      else for (const w of batch) await written([w]);
    }
  };
  const work = async (): Promise<void> => {
    writing = true;
    for (let batch = take(queue); batch.length > 0; batch = take(queue)) await written(batch);
    writing = false;
  };
  return (items) =>
    new Promise((resolve, reject) => {
      queue.push({ items, resolve, reject });
      if (!writing) void work();
    });
}

function take<T>(queue: Waiting<T>[]): Waiting<T>[] {
  let items = 0;
  const end = queue.findIndex((w) => (items += w.items.length) > MOST_ITEMS);
  return queue.splice(0, end === -1 ? queue.length : Math.max(1, end));
}
