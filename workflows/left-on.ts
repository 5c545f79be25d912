import { patched } from '@temporalio/workflow';
import type { LeftOn } from '../src/domain/flags.js';
import { about, named, summary, type Field } from './field.js';
import { PATIENCE_MS, within } from './patience.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';

/**
 * What deployments that a rollback takes back have turned on is off again: what is brought back has never served with it. Where that reads it,
 * users wait for it, but no longer than going back waits for the store anywhere; elsewhere not at all. Never fails.
 */
export async function douseLeftOn(field: Field, leftOn: readonly LeftOn[]): Promise<void> {
  if (!patched('left-on')) return;
  const flags = [...new Set(leftOn.map(({ flag }) => flag))];
  const doused = shielded(() => douse(field, leftOn, flags.join(', ')));
  field.dousing = doused;
  const declared = field.input.plan.flags ?? [];
  if (!declared.some(({ name }) => flags.includes(name))) return;
  if ((await within(PATIENCE_MS, doused)) === undefined)
    field.show({}, `not off yet, and no user waits for that: ${flags.join(', ')}`);
}

async function douse(field: Field, leftOn: readonly LeftOn[], names: string): Promise<true> {
  try {
    const off = await field.effects.quick.douseLeftOn.executeWithOptions(
      summary(`${named(field)}: ${names} off`),
      [{ ...about(field), leftOn }],
    );
    if (off.length > 0)
      field.show({}, `off again, as what is taken back had turned it on: ${off.join(', ')}`);
  } catch (error) {
    field.show({}, `not turned off, see \`shipway flags\`: ${names}: ${reasonOf(error)}`);
  }
  return true;
}
