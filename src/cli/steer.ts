import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import { waitingOf } from '../domain/next.js';
import { FULL } from '../domain/plan.js';
import { REFUSED } from '../domain/outcome.js';
import { NOBODY, type Steering } from '../domain/steering.js';
import { UsageError } from '../errors.js';
import { accepted } from './accepted.js';
import { state, withClient } from './context.js';
import { result, string } from './output.js';
import { deploymentNamed, runOf } from './reference.js';
import type { Command, Values } from './table.js';

/** `shipway pause`, `promote` and `skip`: what a person wants of a deployment on its way. Exit code 3 when it does not take that now. */
const steer =
  (verb: Steering): Command =>
  async (values, [text = '']) => {
    const to = shareOf(values);
    return withClient(values, async (client) => {
      const deployment = await deploymentOf(client, text, values);
      const statement = { ...state(values, verb, deployment), ...(to === undefined ? {} : { to }) };
      const message = await accepted(client.steer(deployment, statement), lookAt(text));
      result(values, { deployment, status: 'accepted', message }, [`${deployment}: ${message}`]);
      return 0;
    });
  };

export const pause = steer('pause');
export const promote = steer('promote');
export const skip = steer('skip');

/** `shipway resume`: yes to a deployment that is paused, whatever else may be asked. */
export const resume: Command = (values, [text = '']) =>
  withClient(values, async (client) => {
    const workflow = await deploymentOf(client, text, values);
    const { deployment } = await client.deployment(workflow);
    const { waitingFor } = deployment;
    if (waitingFor?.question !== 'paused' || waitingFor.decision === undefined)
      throw new CommandError(`${workflow} is not paused`, lookAt(text), REFUSED);
    const answer = client.answer(workflow, state(values, 'approve', waitingFor.decision));
    const message = await accepted(answer, lookAt(text));
    result(values, { deployment: workflow, status: 'accepted', message }, [`${workflow}: it goes on`]);
    return 0;
  });

const lookAt = (text: string): string => `look at it with: shipway status ${text}`;

/** The deployment that is named, or that of a run. Fails with `CommandError` when that has none yet, or asks for something else. */
async function deploymentOf(client: ShipwayClient, text: string, values: Values): Promise<string> {
  const named = deploymentNamed(text);
  if (named !== undefined) return named;
  const { service, run } = await runOf(client, text, values);
  const status = await client.status(service, run);
  const { deployment, outcome } = status.run;
  if (outcome !== undefined) throw new CommandError(`${run} has ended: ${outcome}`, lookAt(run), REFUSED);
  if (deployment !== undefined && status.deployment?.outcome === undefined) return deployment;
  const waiting = waitingOf(status);
  throw new CommandError(
    `${run} deploys nothing now${waiting === undefined ? '' : `: it waits for ${waiting.title}`}`,
    lookAt(run),
    REFUSED,
  );
}

/** `50%` in basis points. Fails with `UsageError`. */
function shareOf(values: Values): number | undefined {
  const text = string(values, 'to');
  if (text === undefined) return undefined;
  const [, number = ''] = /^(\d{1,3}(?:\.\d{1,2})?) ?%$/.exec(text.trim()) ?? [];
  const share = Math.round(Number(number) * 100);
  if (number !== '' && share > 0 && share <= FULL) return share;
  if (number !== '' && share === 0) throw new UsageError(`${JSON.stringify(text)} is no share`, NOBODY);
  throw new UsageError(`${JSON.stringify(text)} is no share`, 'a percentage above 0%, such as --to 50%');
}
