import { patched } from '@temporalio/workflow';
import { percent } from '../src/domain/details.js';
import type { FlagStrategy } from '../src/domain/flags.js';
import type { Share } from '../src/domain/plan.js';
import { about, named, summary, type Field } from './field.js';
import { nextOf } from './forward.js';
import { guarded } from './meanwhile.js';
import type { Moves } from './moves.js';
import { control } from './profiles.js';
import { FLAG_AHEAD, flagged, removeReplaced, undone, undoneByDousing } from './way-back.js';

/** The moves of a flag; `step` waits while the deployment is paused. */
export const flagMoves = (
  field: Field,
  step: <T>(body: () => Promise<T>) => Promise<T>,
): Pick<Moves, 'refuseLit' | 'ramp' | 'stayDark' | 'darkened' | 'dousing'> => ({
  refuseLit: (strategy) => refuseLit(field, strategy),
  ramp: (strategy) => step(() => advance(field, strategy)),
  stayDark: async (why) => field.dark !== undefined && stayDark(field, why),
  dousing: () => field.dousing,
  darkened: (why) => `${flagOf(field)} is off again, and ${field.input.release.version} stays, dark: ${why}`,
});

const flagOf = ({ input: { plan } }: Field): string =>
  plan.strategy.kind === 'feature_flag' ? plan.strategy.flag : plan.strategy.kind;

/** Fails with `flag.on` before anything is changed: a release that ships dark turns nothing off. */
async function refuseLit(field: Field, { flag }: FlagStrategy): Promise<void> {
  const liveReadsIt = await field.effects.quick.refuseLit.executeWithOptions(
    summary(`${named(field)}: ${flag} is off`),
    [flagged(field)],
  );
  field.flagAhead = liveReadsIt && patched(FLAG_AHEAD);
}

async function advance(field: Field, strategy: FlagStrategy): Promise<Share | undefined> {
  const share = nextOf(field, strategy.steps, field.lit);
  if (share !== undefined) await ramp(field, strategy, share);
  return share;
}

/** So many of the users have the flag on. From the first one on, what is bad is the flag, and it is turned off before all else. */
async function ramp(field: Field, { flag }: FlagStrategy, share: Share): Promise<void> {
  const said = `${flag} on for ${percent(share)}`;
  field.lit = share;
  field.show({ phase: 'shift' }, said);
  if (field.dark === undefined) field.dark = field.undo.since();
  undoneByDousing(field, flag);
  await guarded(field, () =>
    field.effects.quick.rampFlag.executeWithOptions(summary(`${named(field)}: ${said}`), [
      { ...flagged(field), share },
    ]),
  );
}

/**
 * The flag is off, and the release stays for all users, dark. Answers false, and has changed nothing else, when the flag could not be
 * turned off: then all goes back.
 */
async function stayDark(field: Field, why: string): Promise<boolean> {
  field.show({ phase: 'going_back' }, `going back: ${why}`);
  const left = await field.undo.runAll((what) => {
    undone(field, what);
  }, field.dark);
  if (left.length > 0) return false;
  field.undo.clear();
  const { input } = field;
  await control.promote({ ...about(field), release: input.release, configuration: input.plan.configuration });
  await removeReplaced(field);
  return true;
}
