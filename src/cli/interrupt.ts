import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../client/failure.js';

export const INTERRUPTED = 130;

/** Ctrl-C ended the looking, or the asking; `next` is how to come back. */
export const interrupted = (message: string, next: string): CommandError =>
  new CommandError(message, next, INTERRUPTED, undefined, 'interrupted');

/** The first Ctrl-C aborts `signal`; a second one ends the command as it would any other. `done` gives Ctrl-C back. */
export function interruption(): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  process.once('SIGINT', stop);
  return { signal: controller.signal, done: () => void process.off('SIGINT', stop) };
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
