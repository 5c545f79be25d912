/** A read that takes longer hangs: who asks later is not to wait for it before his own begins. */
const PATIENCE_MS = 500;

/**
 * One `read` at a time, but for those that hang: who asks while one is on its way has the next one, together with all who ask until that begins,
 * so what is had was never read before it was asked for. The next begins when the one before has ended or takes longer than half a second. One
 * that fails fails for those who share it, and the next one begins all the same.
 */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let current: Promise<void> | undefined;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    next = undefined;
    const reading = read();
    const over = ended(reading).then(() => {
      if (current === over) current = undefined;
    });
    current = over;
    return reading;
  };
  return () => next ?? (current === undefined ? begin() : (next = current.then(begin)));
}

/** The read has ended, or hangs. Never fails. */
const ended = (reading: Promise<unknown>): Promise<void> =>
  new Promise((over) => {
    const late = setTimeout(over, PATIENCE_MS).unref();
    const end = (): void => {
      clearTimeout(late);
      over();
    };
    reading.then(end, end);
  });
