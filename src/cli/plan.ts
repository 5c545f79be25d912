import { explainPlan } from '../config/explain-plan.js';
import { builtBeforeIfKnown } from './built-before.js';
import { result } from './output.js';
import { planned } from './planning.js';
import type { Command } from './table.js';

/** `shipway plan`: the very object that a run would execute, in words or as JSON. */
export const plan: Command = async (values) => {
  const { plan: resolved, hash, dispose } = await planned(values, builtBeforeIfKnown);
  await dispose();
  result(values, { plan: resolved, hash }, [...explainPlan(resolved), '', `plan ${hash}`]);
  return 0;
};
