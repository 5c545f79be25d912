import { apiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import { pipelineId } from '../domain/ids.js';
import { nextCommands } from '../domain/next.js';
import { REFUSED } from '../domain/outcome.js';
import { retryPlan } from '../domain/retry.js';
import type { RunView } from '../domain/view.js';
import { digestOf } from '../hash.js';
import { person, state, withClient } from './context.js';
import { progress } from './output.js';
import { runOf, type RunReference } from './reference.js';
import { runId, toldAndFollowed } from './run.js';
import type { Command } from './table.js';
import { whyOf } from '../errors.js';

/** Outcomes after which the same may be tried again: nothing of it serves, and nothing else has taken its place. */
const AGAIN: readonly (string | undefined)[] = ['failed', 'rejected', 'expired', 'aborted', undefined];

/** `shipway retry RUN`: the same plan of the same commit once more, without what has passed. */
export const retry: Command = (values, [text = '']) =>
  withClient(values, async (client, settings) => {
    const requestedBy = person(values);
    const reference = await runOf(client, text, values);
    await refuseUnended(client, reference);
    const { plan, source, ancestors, ended } = await apiClient(settings).run(
      reference.service,
      reference.run,
    );
    if (source === undefined)
      throw new CommandError(
        `where the source of ${reference.run} lies is not known any more`,
        `shipway run --release ${plan.version}`,
        REFUSED,
      );
    const again = retryPlan({ run: reference.run, plan, passed: ended?.passed ?? [] });
    const kept = again.stages.filter((stage) => stage.reused !== undefined).map(({ name }) => name);
    progress(
      kept.length === 0 ? 'nothing of it stands: all is done again' : `not again: ${kept.join(', ')}`,
      values,
    );
    const [run, planHash] = [runId(plan.version), digestOf(again)];
    await client.startRun({
      ...{ run, plan: again, planHash, source, requestedBy },
      ...(ancestors === undefined ? {} : { ancestors }),
      statement: state(values, 'run', planHash),
    });
    // The run goes on without.
    if (again.askedBy !== undefined)
      await client.followRun(plan.service, run).catch((error: unknown) => {
        progress(`how it goes is not shown at its commit: ${whyOf(error)}`, values);
      });
    return toldAndFollowed(client, settings, { run, service: plan.service, planHash }, values);
  });

/** One that goes on would do the same beside it; one that has shipped, or was taken back, is no failure of a stage. */
async function refuseUnended(client: ShipwayClient, { service, run }: RunReference): Promise<void> {
  const found = await client.view<RunView>(pipelineId(service, run));
  const { view, status = '' } = found ?? {};
  if (view === undefined) return;
  if (status === 'RUNNING')
    throw new CommandError(
      `${run} goes on`,
      `shipway watch ${run}, or shipway abort ${run} --reason "…"`,
      REFUSED,
    );
  if (AGAIN.includes(view.outcome)) return;
  const [next = `shipway status ${run}`] = nextCommands({ run: view });
  throw new CommandError(`${run} has ended: ${(view.outcome ?? '').replaceAll('_', ' ')}`, next, REFUSED);
}
