import { apiClient, type ApiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import type { RunStatus, ShipwayClient } from '../client.js';
import { UsageError } from '../errors.js';
import { settings, withClient } from './context.js';
import { INTERRUPTED, interruption, pause } from './interrupt.js';
import { jsonText, string } from './output.js';
import { patient } from './patience.js';
import { runOf, type RunReference } from './reference.js';
import { visible } from './render/visible.js';
import type { Command, Values } from './table.js';

const LOOK_MS = 500;
/** The last output is in the store before the run has its outcome; what is left then is on its way. */
const REST_MS = 1_000;

/** `shipway logs RUN`: the output of its stages, byte for byte unless a terminal would act on it. With --follow until the run has ended. */
export const logs: Command = (values, [text = '']) =>
  withClient(values, async (client) => {
    const of = await runOf(client, text, values);
    const stage = await stageOf(await client.status(of.service, of.run), values);
    const api = apiClient(await settings(values));
    const { signal, done } = interruption();
    const over = new AbortController();
    const reading = { run: of.run, ...(stage === undefined ? {} : { stage }) };
    const ends = AbortSignal.any([signal, over.signal]);
    if (values['follow'] !== true) {
      await show(await api.logs(of.run, { ...reading, follow: false, signal }), values, signal).finally(done);
      return signal.aborted ? INTERRUPTED : 0;
    }
    const ended = untilEnd(client, of, values, signal).finally(() => {
      over.abort();
    });
    await Promise.all([show(resumed(api, reading, values, ends), values, ends), ended])
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      })
      .finally(done);
    return signal.aborted ? INTERRUPTED : 0;
  });

/** The stage that `--stage` names. Fails with `UsageError` when the run has none of that name, or has not run it. */
async function stageOf({ run }: RunStatus, values: Values): Promise<string | undefined> {
  const stage = string(values, 'stage');
  const { byRun } = run.stages.find((s) => s.name === stage) ?? {};
  if (byRun !== undefined)
    throw new UsageError(
      `${run.run} has not run ${stage ?? ''} again`,
      `what it said before: shipway logs ${byRun} --stage ${stage ?? ''}`,
    );
  const known = run.stages.map((s) => s.name);
  if (stage === undefined || known.includes(stage)) return stage;
  const { alternative } = await import('../config/alternative.js');
  throw new UsageError(
    `${run.run} has no stage ${JSON.stringify(stage)}`,
    `--stage with ${alternative(stage, known)}`,
  );
}

/**
 * A run's output as it comes, until `signal`. When the API breaks off it is asked again, and what was had before is passed over; one
 * that is away at the end is an error, because the rest is missing.
 */
export async function* resumed(
  api: ApiClient,
  { run, stage }: { readonly run: string; readonly stage?: string },
  values: Values,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let had = 0;
  let away = false;
  const open = patient(() => {
    const options = { follow: true, signal, ...(stage === undefined ? {} : { stage }) };
    return api.logs(run, options);
  }, values);
  for (; !signal.aborted; await pause(LOOK_MS, signal)) {
    const output = await open();
    away = output === undefined;
    let passed = 0;
    try {
      for await (const chunk of output ?? []) {
        const fresh = chunk.subarray(Math.min(Math.max(had - passed, 0), chunk.length));
        passed += chunk.length;
        had = Math.max(had, passed);
        if (fresh.length > 0) yield fresh;
      }
    } catch (error) {
      if (!(error instanceof CommandError) || error.kind !== 'unreachable') throw error;
      away = true;
    }
  }
  if (away)
    throw new CommandError(
      `the API was away when ${run} ended, so the last of its output is missing`,
      `when it is back: shipway logs ${run}`,
    );
}

async function show(output: AsyncIterable<Uint8Array>, values: Values, end: AbortSignal): Promise<void> {
  const json = values['json'] === true;
  const decoder = new TextDecoder();
  let all = '';
  try {
    for await (const chunk of output) {
      if (json) all += decoder.decode(chunk, { stream: true });
      else
        process.stdout.write(process.stdout.isTTY ? visible(decoder.decode(chunk, { stream: true })) : chunk);
    }
  } catch (error) {
    if (!end.aborted || error instanceof CommandError) throw error;
  }
  if (json) process.stdout.write(`${jsonText({ schema: 1, output: all })}\n`);
}

async function untilEnd(
  client: ShipwayClient,
  { service, run }: RunReference,
  values: Values,
  signal: AbortSignal,
): Promise<void> {
  const look = patient(() => client.status(service, run), values);
  const goesOn = async (): Promise<boolean> => ((await look())?.temporal.status ?? 'RUNNING') === 'RUNNING';
  while (!signal.aborted && (await goesOn())) await pause(LOOK_MS, signal);
  await pause(REST_MS, signal);
}
