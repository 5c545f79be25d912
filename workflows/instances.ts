import { ApplicationFailure } from '@temporalio/workflow';
import { batchText, type Batch } from '../src/domain/batches.js';
import type { Live } from '../src/domain/target.js';
import { about, named, summary, type Field } from './field.js';
import { provisionPart, shift, smoke, undoneByRemoval, undoneByReturn } from './forward.js';
import { guarded } from './meanwhile.js';
import { reasonOf, typeOf } from './undo.js';

/** Stable's instances end, and nothing serves until the candidate does. */
export async function vacate(field: Field): Promise<void> {
  const { slot, release } = replaced(field);
  field.show({ phase: 'provision' }, `stopping ${release.version} in ${slot}: nothing serves from here on`);
  await resizeStable(field, 0);
}

/**
 * Instances of the candidate take the places of stable's: those leave the router, are drained and end, then these start, are smoke tested
 * and admitted. Shares follow the instances that serve, so users are only added to the candidate, and it has all of them before the last
 * instance of stable goes.
 */
export async function replaceBatch(field: Field, batch: Batch): Promise<void> {
  const { stable, shares } = batch;
  field.show({ phase: 'shift' }, `batch ${batchText(batch)}`);
  if (shares.meanwhile > field.share) await shift(field, shares.meanwhile);
  await resizeStable(field, stable.to);
  await provisionPart(field, batch.to, batch.from > 0);
  await smoke(field);
  await admitInstances(field, batch.to);
  if (shares.after > field.share) await shift(field, shares.after);
  if (field.wanted !== undefined && field.wanted <= field.share) delete field.wanted;
}

/** The same, but a batch that does not come up is put back; answers why it was. */
export async function tryBatch(field: Field, batch: Batch): Promise<string | undefined> {
  const { share, judgedBad } = field;
  try {
    await replaceBatch(field, batch);
    return undefined;
  } catch (error) {
    if (!isOfBatch(typeOf(error))) throw error;
    // A person judges it.
    field.judgedBad = judgedBad;
    const why = reasonOf(error);
    field.show({ phase: 'shift' }, `putting batch ${batchText(batch)} back: ${why}`);
    await provisionPart(field, batch.from, true);
    await resizeStable(field, batch.stable.from);
    if (share < field.share) await shift(field, share);
    return why;
  }
}
/** What says that new instances are not well, and nothing of those that serve. */
const isOfBatch = (type: string | undefined): boolean =>
  type === 'instance.start_failed' || type === 'instance.not_ready' || type === 'smoke.failed';

/** Stable has so many instances. Traffic comes back before what came in their places goes: undone in the other order. */
async function resizeStable(field: Field, count: number): Promise<void> {
  const { plan } = field.input;
  const replaces = replaced(field);
  undoneByRemoval(field);
  undoneByReturn(field);
  field.displaced = true;
  await guarded(field, () =>
    field.effects.resizing.resizeStable.executeWithOptions(
      summary(`${named(field)} ${replaces.slot} to ${String(count)} × ${replaces.release.version}`),
      [{ ...about(field), replaces, count, drainTimeoutMs: plan.drainTimeoutMs }],
    ),
  );
}

/** The router sends the candidate's users to all of its instances, which are so many. */
async function admitInstances(field: Field, least: number): Promise<void> {
  const { release, candidate } = field.input;
  await guarded(field, () =>
    field.effects.quick.admitInstances.executeWithOptions(summary(`admit ${named(field)} ${candidate}`), [
      { ...about(field), release, least },
    ]),
  );
}

function replaced({ input: { replaces } }: Field): Live {
  if (replaces !== undefined) return replaces;
  throw ApplicationFailure.nonRetryable('nothing served, so nothing makes room', 'internal.bug');
}
