import { CommandError } from '../client/failure.js';
import { progress } from './output.js';
import type { Values } from './table.js';

/** So long a server may be away before looking is given up; what is looked at goes on all the same. */
export const PATIENCE_MS = 10 * 60_000;

/** Looks; `undefined` while the server does not answer and there is still hope, which is said once. */
export function patient<T>(look: () => Promise<T>, values: Values): () => Promise<T | undefined> {
  let silentSince: number | undefined;
  return async () => {
    try {
      const found = await look();
      silentSince = undefined;
      return found;
    } catch (error) {
      if (!isPassing(error) || Date.now() - (silentSince ?? Date.now()) > PATIENCE_MS) throw error;
      if (silentSince === undefined) progress(`${error.message}; it is asked again`, values);
      silentSince ??= Date.now();
      return undefined;
    }
  };
}

/** Whether a server is away that may come back. */
const isPassing = (error: unknown): error is CommandError =>
  error instanceof CommandError && (error.kind === 'unreachable' || error.kind === 'unanswered');
