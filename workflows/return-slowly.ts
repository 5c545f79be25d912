import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  patched,
} from '@temporalio/workflow';
import { percent } from '../src/domain/details.js';
import { refuserOf } from '../src/domain/gate.js';
import { RETURNING, keptOnTheWay } from '../src/domain/gradual.js';
import { FULL, type GradualReturn, type Share } from '../src/domain/plan.js';
import type { Live } from '../src/domain/target.js';
import { NO_EVIDENCE, type WatchInput, type WatchResult } from '../src/domain/watching.js';
import { about, judgedBad, type Field } from './field.js';
import { control } from './profiles.js';
import { PATIENCE_MS, within } from './patience.js';
import { reasonOf } from './undo.js';
import { openWatch, watchOnce } from './watch-phase.js';
import { undone, undoShift } from './way-back.js';

/**
 * Users go back by quarters, each watched, to what serves whole. What they leave is watched as well: when that turns bad, when a person is
 * in a hurry, or anything fails, the rest of them follow at once, which is what comes next. Never fails.
 */
export async function returnSlowly(field: Field, { stepMs }: GradualReturn): Promise<void> {
  const { replaces } = field.input;
  const kept = keptOnTheWay(field.share);
  if (replaces === undefined || field.judgedBad || field.displaced || field.hurried || kept.length === 0)
    return;
  const doused = douseBeside(field);
  if (doused !== undefined && field.flagAhead) await within(PATIENCE_MS, doused);
  const pace = new CancellationScope();
  const hurried = pace.run(() => condition(() => field.hurried));
  const walking = pace.run(() => byQuarters(field, replaces, kept, stepMs));
  try {
    await Promise.race([walking, hurried]);
  } catch (error) {
    field.show({}, `all users return at once: ${reasonOf(error)}`);
  } finally {
    pace.cancel();
    await Promise.allSettled([walking, hurried]);
  }
}

/** Who stays for now does so without the flag of a dark release; what of that fails is done again with all else. */
function douseBeside(field: Field): Promise<unknown> | undefined {
  if (field.dark === undefined || !patched('undone-beside')) return undefined;
  const doused = field.undo.runAll((what) => {
    undone(field, what);
  }, field.dark);
  field.later.add(doused);
  return doused;
}

/** All of them are to be back now: those of a release that is sent back, or that is brought back. */
export function hurry(field: Field): void {
  field.hurried = true;
  if (field.input.kind !== 'rollback') return;
  field.wanted = FULL;
  if (field.wait !== undefined) field.skipped = 'a person in a hurry';
}

async function byQuarters(
  field: Field,
  replaces: Live,
  kept: readonly Share[],
  stepMs: number,
): Promise<void> {
  for (const share of kept) {
    field.show({ phase: 'going_back', nextAt: Date.now() + stepMs }, `users return: ${percent(share)} stay`);
    await undoShift(field, share);
    const [leaving, welcome] = [new CancellationScope(), new CancellationScope()];
    const left = leaving.run(() => looked(field, openWatch(field, 'leaving')));
    const arrived = welcome.run(() => looked(field, welcoming(field, replaces, Date.now() + stepMs)));
    try {
      const { verdict, of } = await Promise.race([
        left.then((result) => ({ ...result, of: 'left' as const })),
        arrived.then((result) => ({ ...result, of: 'arrived' as const })),
      ]);
      if (verdict.kind !== 'fail') continue;
      if (of === 'left') throw leftBad(field, verdict.reason);
      await unlessBad(field, left, () => whetherOn(field, replaces, verdict.reason));
    } finally {
      leaving.cancel();
      welcome.cancel();
      await Promise.allSettled([left, arrived]);
    }
  }
}

function leftBad(field: Field, why: string): ApplicationFailure {
  field.judgedBad = true;
  return judgedBad(why);
}

/** A question is not waited for when what users leave turns bad meanwhile. */
async function unlessBad(
  field: Field,
  left: Promise<WatchResult>,
  question: () => Promise<void>,
): Promise<void> {
  const asking = new CancellationScope();
  const asked = asking.run(question);
  const turned = left.then(({ verdict }) => {
    if (verdict.kind === 'fail') throw leftBad(field, verdict.reason);
    return asked;
  });
  try {
    await Promise.race([asked, turned]);
  } finally {
    asking.cancel();
    await Promise.allSettled([asked]);
  }
}

/** What users return to, beside what they leave. Doubt holds nobody up: a person wants them there. */
const welcoming = (field: Field, replaces: Live, until: number): WatchInput => {
  const { candidate, ...watch } = openWatch(field, RETURNING);
  return {
    ...watch,
    candidate: { release: replaces.release.digest, slot: replaces.slot },
    stable: candidate,
    share: FULL - field.share,
    plan: { ...watch.plan, stepTimeoutMs: 0 },
    liveness: replaces.configuration.healthChecks.liveness,
    stableLiveness: watch.liveness,
    until,
    evidence: NO_EVIDENCE,
  };
};

/** By a worker that goes away it is not ended. */
async function looked(field: Field, what: WatchInput): Promise<WatchResult> {
  for (let evidence = what.evidence; ;) {
    if (CancellationScope.current().consideredCancelled)
      throw new CancelledFailure('the watch was interrupted');
    const result = await watchOnce(field, { ...what, evidence });
    if (!result.interrupted) return result;
    evidence = result.evidence;
  }
}

/** What users return to turns bad: nobody is sent there any more until a person says so. */
async function whetherOn(field: Field, { release }: Live, why: string): Promise<void> {
  const title = `${release.version} turns bad as users return to it: ${why}. approve: go on; reject: all of them at once`;
  const closed = await field.gates.ask(() =>
    control.openQuestion({ ...about(field), question: 'asked', title }),
  );
  if (closed.verdict === 'rejected')
    throw ApplicationFailure.nonRetryable(`by ${refuserOf(closed)?.person ?? 'nobody'}`, 'rollback');
}
