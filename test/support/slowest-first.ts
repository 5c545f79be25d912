import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Whole runs, killed workers, frozen servers, real load: minutes, most of them waiting, which must not begin when all else is done and one of
 * the workers would stand idle. Last are those that only compute.
 */
const ORDER = [
  'test/e2e/',
  'test/faults/',
  'test/cli/lab',
  'test/adapters/',
  'test/gateway/',
  'test/stage/',
  'test/worker/',
  'test/dev/',
  '',
  'test/workflows/',
  'test/store/',
  'test/client/',
  'test/config/',
  'test/activities/',
  'test/api/',
  'test/domain/',
];

/**
 * The slow ones first, in this order; within one the longest first, as far as is known from earlier runs or the size. Files that share their
 * processes come one after the other: a process ends when the next file has one of its own.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = (file: TestSpecification): number => {
      const path = relative(this.ctx.config.root, file.moduleId);
      const at = ORDER.findIndex((place) => place !== '' && path.startsWith(place));
      return at === -1 ? ORDER.indexOf('') : at;
    };
    const alone = (file: TestSpecification): number => Number(file.project.config.isolate);
    return sorted.sort((a, b) => alone(b) - alone(a) || rank(a) - rank(b));
  }
}
