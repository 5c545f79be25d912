import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole runs, killed workers, real load: minutes, which must not begin when all else is done and one of the workers would stand idle. */
const SLOW = ['test/e2e/', 'test/faults/', 'test/cli/', 'test/stage/', 'test/worker/', 'test/workflows/'];

/** The slow folders first, in this order; within one the longest first, as far as is known from earlier runs or the size. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = (file: TestSpecification): number => {
      const path = relative(this.ctx.config.root, file.moduleId);
      const at = SLOW.findIndex((folder) => path.startsWith(folder));
      return at === -1 ? SLOW.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
