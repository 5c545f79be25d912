/** What a timer can take: almost 25 days. */
const MOST_MS = 2 ** 31 - 1;

/**
 * Runs `body` with a signal that aborts with `signal`, or with a `TimeoutError` once `ms` are over. The timer is held until `body` has ended:
 * a timeout of `AbortSignal.timeout` that only `AbortSignal.any` knows is collected as garbage, and then never comes.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const stop = (): void => {
    ending.abort(signal?.reason);
  };
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  const timer = setTimeout(
    () => {
      ending.abort(new DOMException('it took too long', 'TimeoutError'));
    },
    Math.min(Math.max(ms, 0), MOST_MS),
  );
  try {
    return await body(ending.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
