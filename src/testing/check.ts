import assert from 'node:assert/strict';

/** One promise of a port as a plain function: it throws where that is not kept. Each gets a harness of its own, made anew. */
export interface Check<Harness> {
  readonly name: string;
  readonly run: (harness: Harness) => Promise<void>;
}

/** An abort is heeded: each of these calls fails with the reason of a signal that was aborted before. */
export async function heeded(calls: readonly ((signal: AbortSignal) => Promise<unknown>)[]): Promise<void> {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  for (const call of calls) await assert.rejects(async () => call(stop.signal), /enough/);
}

/** A row of the failure table, as an adapter has to fail. */
export const row = (type: string): { readonly name: string; readonly type: string } => ({
  name: 'ShipwayError',
  type,
});
