import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Whole runs, killed workers, frozen servers, real load: minutes, most of them waiting, which must not begin when all else is done and one of
 * the workers would stand idle. Last are those that are short.
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
  'test/store/',
  'test/client/',
  'test/config/',
  'test/activities/',
  'test/api/',
  'test/domain/',
];
/**
 * Of what shares processes: where other programs or workflows are waited for most of the time. At once they would leave the processors idle that
 * all others are in want of.
 */
const WAITING = ['test/adapters/', 'test/gateway/', 'test/stage/', 'test/worker/', 'test/dev/'];
const WORKFLOWS = ['test/workflows/'];

/**
 * The slow ones first, in this order; within one the longest first, as far as is known from earlier runs or the size. Files that share their
 * processes come one after the other: a process ends when the next file has one of its own.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const pathOf = (file: TestSpecification): string => relative(this.ctx.config.root, file.moduleId);
    const rank = (file: TestSpecification): number => {
      const at = ORDER.findIndex((place) => place !== '' && pathOf(file).startsWith(place));
      return at === -1 ? ORDER.indexOf('') : at;
    };
    const sorted = (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
    const sharing = sorted.filter((file) => !file.project.config.isolate);
    const isIn = (places: readonly string[], file: TestSpecification): boolean =>
      places.some((place) => pathOf(file).startsWith(place));
    return [
      ...sorted.filter((file) => file.project.config.isolate),
      ...mixed(
        sharing.filter((file) => isIn(WAITING, file)),
        sharing.filter((file) => isIn(WORKFLOWS, file)),
        sharing.filter((file) => !isIn([...WAITING, ...WORKFLOWS], file)),
      ),
    ];
  }
}

/** Each in its order, and all evenly from the first to the last. */
function mixed<One>(...lists: readonly (readonly One[])[]): One[] {
  return lists
    .flatMap((list) => list.map((one, i) => ({ one, at: (i + 0.5) / list.length })))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}
