import { Context } from '@temporalio/activity';

const BEAT_MS = 1_000;

/** Runs `body` with heartbeats, so that a dead worker is noticed and a cancellation arrives; hands on the cancellation. */
export async function beating<T>(
  body: (signal: AbortSignal) => Promise<T>,
  /** Where the next attempt would go on: said with every beat, because one without it forgets it. */
  details: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  context.heartbeat(details());
  const timer = setInterval(() => {
    context.heartbeat(details());
  }, BEAT_MS);
  try {
    return await body(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
