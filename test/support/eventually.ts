/** Asks until there is an answer, every `pauseMs`. Fails after `withinMs`, with the last error if asking failed. */
export async function eventually<T>(
  ask: () => Promise<T | undefined>,
  withinMs = 60_000,
  pauseMs = 100,
): Promise<T> {
  const until = Date.now() + withinMs;
  let last: unknown = 'it answered nothing';
  while (Date.now() < until) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((r) => setTimeout(r, pauseMs));
  }
  throw new Error(`it did not come within ${String(withinMs)} ms`, { cause: last });
}
