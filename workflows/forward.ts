import { isCancellation } from '@temporalio/workflow';
import { percent } from '../src/domain/details.js';
import type { Share } from '../src/domain/plan.js';
import { nextShare } from '../src/domain/steering.js';
import { about, listening, named, sharesOf, summary, type Field } from './field.js';
import { douseLeftOn } from './left-on.js';
import { guarded } from './meanwhile.js';
import { control } from './profiles.js';
import { undoPromote, undoShift } from './way-back.js';

/** Starts the candidate, and its router knows it. */
export async function provision(field: Field): Promise<void> {
  const { release, candidate } = field.input;
  field.show({ phase: 'provision' }, `starting ${release.version} in ${candidate}`);
  undoneByRemoval(field);
  const { unchecked, ...reached } = await field.effects.slow.provision.executeWithOptions(
    summary(`start ${named(field)} ${release.version} in ${candidate}`),
    [{ ...provisioned(field), ...(field.moved ? { again: true as const } : {}) }],
  );
  field.show(reached, unchecked);
}

/** The same for so many of its instances, of which the router is not told yet. `again`: some of them have served before. */
export async function provisionPart(field: Field, count: number, again: boolean): Promise<void> {
  const { release, candidate } = field.input;
  const said = `${candidate} to ${String(count)} × ${release.version}`;
  field.show({ phase: 'provision' }, said);
  undoneByRemoval(field);
  const { unchecked, ...reached } = await guarded(field, () =>
    field.effects.slow.provision.executeWithOptions(summary(`${named(field)} ${said}`), [
      { ...provisioned(field), ...(again ? { again } : {}), count },
    ]),
  );
  field.show(reached, unchecked);
}

const provisioned = (field: Field) => ({
  ...about(field),
  release: field.input.release,
  plan: field.input.plan,
});

/** Whatever the candidate has in its slot goes. */
export const undoneByRemoval = (field: Field): void => {
  const { input, effects, undo } = field;
  undo.add(`remove ${input.release.version} from ${input.candidate}`, () =>
    effects.undoing.undoProvision.executeWithOptions(summary(`remove ${named(field)} ${input.candidate}`), [
      about(field),
    ]),
  );
};

/** All users come back to what served before, which is made whole. */
export const undoneByReturn = (field: Field): void => {
  const { input, undo } = field;
  undo.add(`make ${input.replaces?.release.version ?? 'nothing'} the live release`, () => undoPromote(field));
  undo.add('send all traffic back', () => undoShift(field));
};

export async function smoke(field: Field): Promise<void> {
  const { input, effects } = field;
  field.show({ phase: 'smoke' }, `smoke test of ${input.candidate}`);
  try {
    await guarded(field, () =>
      effects.quick.smokeTest.executeWithOptions(summary(`smoke test ${named(field)} ${input.candidate}`), [
        { ...about(field), test: input.plan.smokeTest },
      ]),
    );
  } catch (error) {
    // One that fails while it has users is as bad as one whose users get errors.
    if (field.moved && !isCancellation(error)) field.judgedBad = true;
    throw error;
  }
}

export async function advance(field: Field, steps: readonly Share[]): Promise<Share | undefined> {
  const share = nextOf(field, steps, field.share);
  if (share !== undefined) await shift(field, share);
  return share;
}

/** What comes after a share, by these steps or by a person's word, which is fulfilled then. */
export function nextOf(field: Field, steps: readonly Share[], share: Share): Share | undefined {
  const next = nextShare(steps, share, field.wanted);
  delete field.wanted;
  return next;
}

export async function shift(field: Field, share: Share): Promise<void> {
  const { input, effects } = field;
  if (!field.moved && input.leftOn !== undefined) await douseLeftOn(field, input.leftOn);
  field.heading = share;
  const step = `${percent(field.share)} → ${percent(share)}`;
  field.show({ phase: 'shift' }, `shift ${step}`);
  undoneByReturn(field);
  field.moved = true;
  const lags = await guarded(field, () =>
    effects.quick.shiftTraffic.executeWithOptions(summary(`shift ${named(field)} ${step}`), [
      { ...about(field), ...listening(field), share, from: field.share, userKey: input.plan.userKey },
    ]),
  );
  field.share = share;
  field.show({ shares: sharesOf(field, share) }, lags);
}

export async function promote(field: Field): Promise<void> {
  const { input } = field;
  field.show({ phase: 'promote' }, `${input.release.version} is the live release`);
  await guarded(field, () =>
    control.promote.executeWithOptions(summary(`promote ${named(field)} ${input.release.version}`), [
      { ...about(field), release: input.release, configuration: input.plan.configuration },
    ]),
  );
}
