import { ApplicationFailure, CancellationScope, log, patched } from '@temporalio/workflow';
import { isFailureType, type FailureType } from '../src/domain/failures.js';
import { PATIENCE_MS, within } from './patience.js';

/** One way back: what it restores, in words, and the activity call that does it (converging, so it may run twice). */
export interface Undo {
  readonly what: string;
  readonly run: () => Promise<void>;
  /** It is undone at the same time as the others: they do not wait for it, or only as long as going back waits for the store, and once. */
  readonly beside?: 'at_once' | 'ahead';
}
export interface NotUndone {
  readonly what: string;
  readonly why: string;
  /** A row of the failure table. */
  readonly type?: string;
}

/** The ways back of one deployment, registered before the steps they undo. */
export class UndoList {
  private undos: Undo[] = [];
  /** Those that were run before: nobody waits for them twice. */
  private readonly tried = new Set<Undo>();

  /** What is to be undone already is not to be undone twice. */
  add(what: string, run: () => Promise<void>, how: Pick<Undo, 'beside'> = {}): void {
    if (!this.undos.some((undo) => undo.what === what)) this.undos.push({ what, run, ...how });
  }

  /** How many there are: what is added from now on is undone by itself with `runAll`. */
  since(): number {
    return this.undos.length;
  }

  /** Nothing is to be undone any more: the release has passed its bake. */
  clear(): void {
    this.undos = [];
  }

  /**
   * Runs all, or those that were added after the first so many, newest first and some beside the others, shielded from cancellation; one
   * that fails does not stop the next. What could not be undone stays in the list, so that calling again retries just that.
   */
  async runAll(done: (what: string) => void, after = 0): Promise<readonly NotUndone[]> {
    return CancellationScope.nonCancellable(async () => {
      const left = new Map<Undo, NotUndone>();
      const mine = this.undos.slice(after);
      const undo = async (one: Undo): Promise<void> => {
        try {
          await one.run();
          done(one.what);
        } catch (error) {
          left.set(one, notUndone(one, error));
        }
      };
      const together = besides(mine);
      const ahead = together.some((one) => one.beside === 'ahead' && !this.tried.has(one));
      for (const one of mine) this.tried.add(one);
      const beside = together.map(undo);
      if (ahead) await within(PATIENCE_MS, Promise.all(beside));
      for (const one of mine.toReversed()) if (!together.includes(one)) await undo(one);
      if (beside.length > 0) await Promise.all(beside);
      this.undos = this.undos.filter((one) => !mine.includes(one) || left.has(one));
      return [...left.values()];
    });
  }
}

/** Histories of before have them in their turn. */
const besides = (undos: readonly Undo[]): readonly Undo[] =>
  undos.length > 1 && undos.some(({ beside }) => beside) && patched('undone-beside')
    ? undos.filter(({ beside }) => beside)
    : [];

function notUndone({ what }: Undo, error: unknown): NotUndone {
  log.warn('could not undo', { what });
  const type = typeOf(error);
  return { what, why: reasonOf(error), ...(type === undefined ? {} : { type }) };
}

/** The innermost message of a failure, for people. */
export function reasonOf(error: unknown): string {
  const e = innermost(error);
  return e instanceof Error ? e.message : String(e);
}

/** The innermost failure's type: a row of the failure table, when an activity threw it. */
export function typeOf(error: unknown): string | undefined {
  const e = innermost(error);
  return e instanceof ApplicationFailure ? (e.type ?? undefined) : undefined;
}

/** The row of the failure table that ended something, when it was one. */
export function failedBy(error: unknown): { readonly failure?: FailureType } {
  const type = typeOf(error) ?? '';
  return isFailureType(type) ? { failure: type } : {};
}

/** What the innermost failure tells beside its message. */
export function detailsOf(error: unknown): unknown {
  const e = innermost(error);
  return e instanceof ApplicationFailure ? e.details?.[0] : undefined;
}

function innermost(error: unknown): unknown {
  let e = error;
  while (e instanceof Error && e.cause instanceof Error) e = e.cause;
  return e;
}
