import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Whole runs, killed workers, frozen servers, real load: minutes, most of them waiting, which must not begin when all else is done and one of
 * the workers would stand idle. What computes comes after what waits, beside whose last it runs.
 */
const SLOW = [
  'test/e2e/',
  'test/faults/',
  'test/cli/lab',
  'test/config/corpus',
  'test/client/frozen',
  'test/store/unavailable',
  'test/adapters/',
  'test/gateway/',
  'test/workflows/',
  'test/stage/',
  'test/worker/',
  'test/dev/',
  'test/config/',
];

/** The slow ones first, in this order; within one the longest first, as far as is known from earlier runs or the size. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = (file: TestSpecification): number => {
      const path = relative(this.ctx.config.root, file.moduleId);
      const at = SLOW.findIndex((place) => path.startsWith(place));
      return at === -1 ? SLOW.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
