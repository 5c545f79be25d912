import { ApplicationFailure, patched, sleep } from '@temporalio/workflow';
import { percent } from '../src/domain/details.js';
import { refuserOf } from '../src/domain/gate.js';
import type { Share } from '../src/domain/plan.js';
import { about, listening, named, sharesOf, summary, type Field } from './field.js';
import { control } from './profiles.js';
import { reasonOf } from './undo.js';

/**
 * Known good from here on: nothing is undone any more, and the replaced slot is removed. The deployment has shipped whatever
 * becomes of that: what is left over is named, and the next deployment takes that slot as it finds it.
 */
export async function retire(field: Field): Promise<void> {
  field.knownGood = true;
  field.undo.clear();
  await removeReplaced(field);
}

/** What is left over is named, and the next deployment takes that slot as it finds it. Never fails. */
export async function removeReplaced(field: Field): Promise<void> {
  const { input, effects } = field;
  if (input.replaces === undefined) return;
  const { slot, release } = input.replaces;
  field.show({ phase: 'retire' }, `removing ${release.version} from ${slot}`);
  try {
    await field.removing.run(() =>
      effects.draining.retireSlot.executeWithOptions(summary(`remove ${named(field)} ${slot}`), [
        { ...about(field), slot, drainTimeoutMs: input.plan.drainTimeoutMs },
      ]),
    );
  } catch (error) {
    field.show({}, `${release.version} was not removed from ${slot}: ${reasonOf(error)}`);
  }
}

/**
 * Nobody has the flag of a dark release any more. That needs the store, for which users who go back do not wait; where what they go back to
 * reads the flag, too, they do for a second.
 */
export const undoneByDousing = (field: Field, flag: string): void => {
  const douse = () =>
    (field.allBack ? field.effects.undoing : field.effects.dousing).douseFlag.executeWithOptions(
      summary(`${named(field)}: ${flag} off`),
      [flagged(field)],
    );
  field.undo.add(`turn ${flag} off`, douse, { beside: field.flagAhead ? 'ahead' : 'at_once' });
};

/** Of runs that know of it. */
export const FLAG_AHEAD = 'flag-ahead';

/** What is told of a flag: it stands in the plan, which the permit is for. */
export const flagged = (field: Field) => ({ ...about(field), plan: field.input.plan });

/** The record says again what was live before. */
export async function undoPromote(field: Field): Promise<void> {
  const { replaces } = field.input;
  await control.undoPromote.executeWithOptions(summary(`demote ${named(field)}`), [
    { ...about(field), ...(replaces === undefined ? {} : { replaces }) },
  ]);
}

/** All users are back where they were, but for a share that stays for now, and it serves them whole. */
export async function undoShift(field: Field, share: Share = 0): Promise<void> {
  const { plan, replaces } = field.input;
  const also = await field.effects.undoing.undoShift.executeWithOptions(
    summary(`shift ${named(field)} back to ${percent(share)}`),
    [
      {
        ...{ ...about(field), ...listening(field), userKey: plan.userKey },
        ...(share === 0 ? {} : { share }),
        ...(replaces === undefined ? {} : { replaces }),
        ...(plan.strategy.kind === 'in_place' ? { alone: true as const } : {}),
      },
    ],
  );
  field.share = share;
  field.heading = share;
  if (also !== undefined) undone(field, also);
  field.show({ shares: sharesOf(field, share) });
}

/** The world is where the target's record says, whatever a lost deployment left; a person is asked when that cannot be done. */
export async function restore(field: Field): Promise<void> {
  const { input, effects, undo } = field;
  undo.add('put all traffic on what is known good', () =>
    effects.restoring.restoreTarget.executeWithOptions(summary(`restore ${named(field)}`), [
      {
        ...about(field),
        plan: input.plan,
        ...(input.replaces === undefined ? {} : { live: input.replaces }),
      },
    ]),
  );
  const { strategy } = input.plan;
  if (strategy.kind === 'feature_flag') {
    // Whether that reads the flag is not asked: this waits for the store in any case.
    field.flagAhead = patched(FLAG_AHEAD);
    undoneByDousing(field, strategy.flag);
  }
  const left = await goBack(field, 'a deployment ended without an outcome');
  if (left !== undefined) throw ApplicationFailure.nonRetryable(left, 'undo.incomplete');
}

/** Seen at once, and in the audit when the deployment ends. */
export function undone(field: Field, what: string): void {
  field.late.push({ at: Date.now(), what, share: field.share });
  field.show({}, `undone: ${what}`);
}
/** A store that is away comes back by itself, and a question to a person would need it too. */
const AWAY_MS = 10_000;

/**
 * Undoes everything, newest first, until it is done or a person says to leave the rest; answers what was left. Fails with
 * `permit.missing` when this deployment has none, or has none any more: nobody can answer that it may.
 */
export async function goBack(field: Field, why: string): Promise<string | undefined> {
  field.show({ phase: 'going_back' }, `going back: ${why}`);
  field.allBack = true;
  for (;;) {
    const left = await field.undo.runAll((what) => {
      undone(field, what);
    });
    if (left.length === 0) return undefined;
    const barred = left.find((l) => l.type === 'permit.missing');
    if (barred !== undefined) throw ApplicationFailure.nonRetryable(barred.why, 'permit.missing');
    if (left.every((l) => l.type === 'store.unavailable')) {
      await sleep(AWAY_MS, { summary: 'until PostgreSQL answers' });
      continue;
    }
    const names = left.map((l) => `${l.what} (${l.why})`).join('; ');
    const title = `could not be undone: ${names}. approve: try again; reject: leave it so`;
    const closed = await field.gates.ask(() =>
      control.openQuestion({ ...about(field), question: 'undo_incomplete', title }),
    );
    if (closed.verdict !== 'rejected') continue;
    const by = refuserOf(closed);
    field.undo.clear();
    field.show({}, `left as it is by ${by?.person ?? 'nobody'}: ${names}`);
    return names;
  }
}
