import { log } from '@temporalio/workflow';
import { reasonOf } from './undo.js';

/** What is to be recorded without anybody waiting for it, because going back never waits. */
export interface Later {
  readonly add: (record: Promise<unknown>) => void;
  /** All of it has been recorded: a workflow that ends before would lose it. */
  readonly done: () => boolean;
}

export function createLater(): Later {
  let open = 0;
  return {
    done: () => open === 0,
    add: (record) => {
      open += 1;
      void record
        .catch((error: unknown) => {
          log.warn('could not be recorded', { why: reasonOf(error) });
        })
        .finally(() => {
          open -= 1;
        });
    },
  };
}
