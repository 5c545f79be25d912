import type { Configuration, Probe } from '../../domain/plan.js';
import { ShipwayError } from '../../errors.js';
import type { InstanceNote } from './process-files.js';
import { processOf, tail } from './process-start.js';

/** Why an instance is not well, or `undefined` when it answers with a 2xx in time. */
export async function probe(
  url: string,
  { path, timeoutMs }: Pick<Probe, 'path' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(path, url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      redirect: 'manual',
    });
    await response.body?.cancel();
    return response.ok ? undefined : `${path} answered ${String(response.status)}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `${path} did not answer: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/**
 * Waits until the instance is ready. Fails with `instance.start_failed` when it has ended, `instance.not_ready` when the time
 * is over, each with the place of its output and the end of it.
 */
export async function awaitReady(
  note: InstanceNote,
  configuration: Configuration,
  log: string,
  signal: AbortSignal,
): Promise<void> {
  const { readiness } = configuration.healthChecks;
  const until = Date.parse(note.startedAt) + configuration.startupTimeoutMs;
  const earliest = Date.parse(note.startedAt) + readiness.initialDelayMs;
  let why: string | undefined = 'it was not asked yet';
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, readiness.periodMs)) {
    signal.throwIfAborted();
    if (Date.now() >= earliest) why = await probe(`http://127.0.0.1:${String(note.port)}`, readiness, signal);
    if (why === undefined) return;
    if ((await processOf(note)) === undefined)
      throw new ShipwayError(
        'instance.start_failed',
        `instance ${note.id} ended while starting; its output: ${log}\n${await tail(log)}`,
      );
    if (Date.now() > until)
      throw new ShipwayError(
        'instance.not_ready',
        `instance ${note.id} was not ready within ${String(configuration.startupTimeoutMs / 1000)} s: ${why}; its output: ${log}`,
      );
    await new Promise((r) => setTimeout(r, pause));
  }
}
/** A service that starts quickly is asked quickly; one that does not is asked at its own period. */
const FIRST_PAUSE_MS = 20;
