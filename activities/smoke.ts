import type { DeploymentPlan } from '../src/domain/plan.js';
import { ShipwayError } from '../src/errors.js';
import { within } from '../src/within.js';

/** Asks one instance once. Fails with `smoke.failed` when it answers something else, too late, or not at all. */
export async function probeOnce(
  url: string,
  test: DeploymentPlan['smokeTest'],
  signal: AbortSignal,
): Promise<void> {
  const asked = new URL(test.path, url);
  const status = await within(test.timeoutMs, signal, (bounded) => answerOf(asked, bounded, signal));
  if (status !== test.expectStatus)
    throw new ShipwayError(
      'smoke.failed',
      `${asked.pathname} answered ${String(status)}, expected ${String(test.expectStatus)}`,
    );
}

async function answerOf(asked: URL, bounded: AbortSignal, cancelled: AbortSignal): Promise<number> {
  try {
    const response = await fetch(asked, { signal: bounded, redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    cancelled.throwIfAborted();
    const why =
      error instanceof Error
        ? error.cause instanceof Error
          ? error.cause.message
          : error.message
        : String(error);
    throw new ShipwayError('smoke.failed', `${asked.pathname} did not answer: ${why}`);
  }
}
