/**
 * One `read` at a time: who asks while one is on its way has the next one, together with all who ask until that begins, so what is had was never
 * read before it was asked for. One that fails fails for those who share it, and the next one begins all the same.
 */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    next = undefined;
    const reading = read();
    const over: Promise<void> = reading.then(ignore, ignore).then(() => {
      if (current === over) current = undefined;
    });
    current = over;
    return reading;
  };
  return () => (current === undefined ? begin() : (next ??= current.then(begin)));
}

const ignore = (): void => undefined;
