import { ApplicationFailure, CancellationScope, log } from '@temporalio/workflow';

/** One way back: what it restores, in words, and the activity call that does it (converging, so it may run twice). */
export interface Undo {
  readonly what: string;
  readonly run: () => Promise<void>;
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

  /** What is to be undone already is not to be undone twice. */
  add(what: string, run: () => Promise<void>): void {
    if (!this.undos.some((undo) => undo.what === what)) this.undos.push({ what, run });
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
   * Runs all, or those that were added after the first so many, newest first, shielded from cancellation; one that fails does not stop the next. What could not be undone stays
   * in the list, so that calling again retries just that.
   */
  async runAll(done: (what: string) => void, after = 0): Promise<readonly NotUndone[]> {
    return CancellationScope.nonCancellable(async () => {
      const left: NotUndone[] = [];
      const keep = this.undos.slice(0, after);
      const again: Undo[] = [];
      for (const undo of this.undos.slice(after).reverse()) {
        try {
          await undo.run();
          done(undo.what);
        } catch (error) {
          log.warn('could not undo', { what: undo.what });
          const type = typeOf(error);
          left.push({ what: undo.what, why: reasonOf(error), ...(type === undefined ? {} : { type }) });
          again.unshift(undo);
        }
      }
      this.undos = [...keep, ...again];
      return left;
    });
  }
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
