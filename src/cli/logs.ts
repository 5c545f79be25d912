import { apiClient } from '../client/api.js';
import type { ShipwayClient } from '../client.js';
import { runOf, settings, withClient } from './context.js';
import { string } from './output.js';
import type { Command } from './table.js';

const LOOK_MS = 500;
/** The last output is in the store before the run has its outcome; what is left then is on its way. */
const REST_MS = 1_000;

/** `shipway logs RUN`: the output of its stages, as it was. With --follow until the run has ended. */
export const logs: Command = (values, [text = '']) =>
  withClient(async (client) => {
    const { service, run } = await runOf(client, text);
    const stage = string(values, 'stage');
    const follow = values['follow'] === true;
    const output = await apiClient(await settings()).logs(run, {
      follow,
      ...(stage === undefined ? {} : { stage }),
    });
    const over = follow ? endOf(client, service, run) : undefined;
    const reading = (async () => {
      for await (const chunk of output) process.stdout.write(chunk);
    })();
    await (over === undefined ? reading : Promise.race([reading, over]));
    return 0;
  });

async function endOf(client: ShipwayClient, service: string, run: string): Promise<void> {
  while ((await client.status(service, run)).temporal.status === 'RUNNING')
    await new Promise((r) => setTimeout(r, LOOK_MS));
  await new Promise((r) => setTimeout(r, REST_MS));
}
