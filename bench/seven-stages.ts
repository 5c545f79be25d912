import { interleaved, median, ms, timed, type Row } from './measure.js';
import { sideBySide } from './side-by-side.js';

const ROUNDS = 31;
const COMMITS_A_STAGE = 2;
const STAGES = 7;

/**
 * Seven command stages running `true`, audit on, against a bare workflow whose seven activities run `true`, on one server. Both go through a
 * queue, as what runs users' commands without credentials must; what activities without one cost is told beside. A commit is measured where
 * it is made: by what two of them add to each bare activity.
 */
export async function sevenStages(): Promise<readonly Row[]> {
  const lab = await sideBySide();
  try {
    const [us = [], them = [], committing = [], eager = []] = await interleaved(
      ROUNDS,
      () => timed(lab.ours),
      () => timed(() => lab.theirs('bareStages')),
      () => timed(() => lab.theirs('bareCommittingStages')),
      () => timed(() => lab.theirs('bareEagerStages')),
    );
    // Round by round, so that what the machine does meanwhile meets both.
    const commits = median(committing.map((time, round) => time - (them[round] ?? NaN)));
    const against = (bare: readonly number[]): number => (median(us) - commits) / median(bare);
    return [
      {
        name: '7 command stages against bare activities, p50',
        value: against(them),
        unit: '×',
        budget: 1.35,
        better: 'less',
        detail: `${ms(median(us))} against ${ms(median(them))}, less ${ms(commits)} for ${String(STAGES * COMMITS_A_STAGE)} commits; ${against(eager).toFixed(2)} × against ${ms(median(eager))} without a queue`,
      },
      {
        name: '7 command stages against bare activities, history events',
        value: (await lab.events(await lab.ours())) / (await lab.events(await lab.theirs('bareStages'))),
        unit: '×',
        budget: 1.5,
        better: 'less',
        detail: 'audit on, memo written at every stage',
      },
    ];
  } finally {
    await lab.stop();
  }
}
