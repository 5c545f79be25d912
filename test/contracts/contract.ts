import { describe, test } from 'vitest';
import type { Check } from '../../src/testing/check.js';

/** What a harness of these tests has besides. */
export interface Ending {
  end(): Promise<void>;
}

/** The checks of a port, each as a test on a harness of its own. */
export function contract<Harness>(
  name: string,
  checks: readonly Check<Harness>[],
  make: () => Promise<Harness & Ending>,
): void {
  describe(name, () => {
    for (const check of checks)
      test(check.name, async () => {
        const harness = await make();
        try {
          await check.run(harness);
        } finally {
          await harness.end();
        }
      });
  });
}
