import { randomInt } from 'node:crypto';
import { apiClient } from '../client/api.js';
import type { PipelineInput } from '../domain/inputs.js';
import { person, state, withClient } from './context.js';
import { follow } from './follow.js';
import { progress, result } from './output.js';
import { planned } from './planning.js';
import type { Command } from './table.js';

const BASE32 = 'abcdefghijkmnpqrstuvwxyz23456789';
const SUFFIX = 6;

/** `shipway run`: plan, upload, start, and follow; with --detach it returns when the run is safe in Temporal. */
export const run: Command = async (values) => {
  const { plan, hash, bundle } = await planned(values);
  return withClient(async (client, settings) => {
    const source = await bundle();
    try {
      await apiClient(settings).putArtifact(source.digest, source.path);
    } finally {
      await source.remove();
    }
    const input: PipelineInput = {
      run: runId(plan.version),
      plan,
      planHash: hash,
      source: source.digest,
      requestedBy: person(values),
      statement: state(values, 'run', hash),
    };
    const workflow = await client.startRun(input);
    if (values['detach'] === true) {
      result(values, { run: input.run, workflow, service: plan.service, plan: hash }, [input.run]);
      progress(`it goes on without you; look with: shipway status ${input.run}`);
      return 0;
    }
    progress(`run ${input.run}; Ctrl-C leaves it running`);
    return follow(client, plan.service, input.run, values);
  });
};

/** Short enough to type, and different each time: Temporal refuses a second run of one name. */
function runId(version: string): string {
  const suffix = Array.from({ length: SUFFIX }, () => BASE32[randomInt(BASE32.length)]).join('');
  return `${version}-${suffix}`;
}
