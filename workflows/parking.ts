import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { Subject } from '../src/domain/ids.js';
import type { Gates } from './gate.js';
import { control } from './profiles.js';
import { reasonOf, typeOf } from './undo.js';

/** Whom a workflow asks when it meets an error that nobody foresaw. */
export interface Desk {
  readonly gates: Gates;
  readonly subject: Subject;
}
const TRY_AGAIN_MS = 600_000;

/** Says what went wrong and waits until a person says to try again, or for ten minutes: by then a worker may have been mended. */
export async function parked({ gates, subject }: Desk, what: string, error: unknown): Promise<void> {
  const why = reasonOf(error);
  log.error(what, { error: why });
  try {
    const title = `${what}: ${why} (${typeOf(error) ?? 'internal.bug'}). It is tried again in ten minutes; either answer: now`;
    await gates.ask(async () => {
      const gate = await control.openQuestion({ ...subject, question: 'stuck', title });
      return { ...gate, expiresAt: Date.now() + TRY_AGAIN_MS };
    });
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
    log.error('nobody could be asked', { error: reasonOf(failure) });
    await sleep(TRY_AGAIN_MS, { summary: 'until it is tried again' });
  }
}

/** Does what must be done in the end, parked as long as it can't be. Without a permit there is nothing to be done. */
export async function surely<T>(desk: Desk, what: string, body: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await body();
    } catch (error) {
      if (isCancellation(error) || typeOf(error) === 'permit.missing') throw error;
      await parked(desk, what, error);
    }
  }
}
