const PAUSE_MS = 100;

/** Asks until there is an answer. Fails after `withinMs`, with the last error if asking failed. */
export async function eventually<T>(ask: () => Promise<T | undefined>, withinMs = 60_000): Promise<T> {
  const until = Date.now() + withinMs;
  let last: unknown = 'it answered nothing';
  while (Date.now() < until) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((r) => setTimeout(r, PAUSE_MS));
  }
  throw new Error(`it did not come within ${String(withinMs)} ms`, { cause: last });
}
