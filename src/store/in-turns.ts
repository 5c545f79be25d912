interface Waiting<T> {
  readonly items: readonly T[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
const MOST_ITEMS = 500;

/**
 * One `write` at a time; calls made meanwhile wait and go together in the next one, in their order.
 * All of a batch succeed or fail together, and a call is never split.
 */
export function inTurns<T>(
  write: (items: readonly T[]) => Promise<void>,
): (items: readonly T[]) => Promise<void> {
  const queue: Waiting<T>[] = [];
  let writing = false;
  const work = async (): Promise<void> => {
    writing = true;
    for (let batch = take(queue); batch.length > 0; batch = take(queue)) {
      try {
        await write(batch.flatMap((w) => w.items));
        for (const w of batch) w.resolve();
      } catch (error) {
        for (const w of batch) w.reject(error);
      }
    }
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
