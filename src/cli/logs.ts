import { apiClient } from '../client/api.js';
import type { ShipwayClient } from '../client.js';
import { settings, withClient } from './context.js';
import { INTERRUPTED, interruption, pause } from './interrupt.js';
import { jsonText, string } from './output.js';
import { runOf, type RunReference } from './reference.js';
import { visible } from './render/visible.js';
import type { Command } from './table.js';

const LOOK_MS = 500;
/** The last output is in the store before the run has its outcome; what is left then is on its way. */
const REST_MS = 1_000;

/** `shipway logs RUN`: the output of its stages, byte for byte unless a terminal would act on it. With --follow until the run has ended. */
export const logs: Command = (values, [text = '']) =>
  withClient(values, async (client) => {
    const of = await runOf(client, text, values);
    await client.status(of.service, of.run);
    const stage = string(values, 'stage');
    const follow = values['follow'] === true;
    const { signal, done } = interruption();
    const over = new AbortController();
    const output = await apiClient(await settings(values)).logs(of.run, {
      follow,
      signal: AbortSignal.any([signal, over.signal]),
      ...(stage === undefined ? {} : { stage }),
    });
    const watching = follow
      ? untilEnd(client, of, signal).finally(() => {
          over.abort();
        })
      : undefined;
    await Promise.all([show(output, values['json'] === true, over.signal, signal), watching]).finally(done);
    return signal.aborted ? INTERRUPTED : 0;
  });

async function show(
  output: AsyncIterable<Uint8Array>,
  json: boolean,
  ...ends: readonly AbortSignal[]
): Promise<void> {
  const decoder = new TextDecoder();
  let all = '';
  try {
    for await (const chunk of output) {
      if (json) all += decoder.decode(chunk, { stream: true });
      else
        process.stdout.write(process.stdout.isTTY ? visible(decoder.decode(chunk, { stream: true })) : chunk);
    }
  } catch (error) {
    if (!ends.some((s) => s.aborted)) throw error;
  }
  if (json) process.stdout.write(`${jsonText({ schema: 1, output: all })}\n`);
}

async function untilEnd(
  client: ShipwayClient,
  { service, run }: RunReference,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && (await client.status(service, run)).temporal.status === 'RUNNING')
    await pause(LOOK_MS, signal);
  await pause(REST_MS, signal);
}
