import { explainPlan } from '../config/explain-plan.js';
import { builtBeforeIfKnown } from './built-before.js';
import { liveChanges, liveChangesText } from './live-changes.js';
import { result } from './output.js';
import { planned } from './planning.js';
import type { Command } from './table.js';

/** `shipway plan`: the very object that a run would execute, in words or as JSON. */
export const plan: Command = async (values) => {
  const { plan: resolved, hash, dispose } = await planned(values, builtBeforeIfKnown);
  await dispose();
  const live = await liveChanges(values, resolved);
  result(values, { plan: resolved, hash, ...(live === undefined ? {} : { live }) }, [
    ...explainPlan(resolved),
    '',
    ...(live === undefined || live.length === 0 ? [] : [...liveChangesText(live), '']),
    `plan ${hash}`,
  ]);
  return 0;
};
