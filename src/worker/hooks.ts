import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Hooked, Hooks, Started } from '../api/hooks.js';
import { QUEUES, pipelineId } from '../domain/ids.js';
import type { Policy } from '../domain/policy.js';
import type { Store } from '../domain/store.js';
import {
  pushText,
  triggerId,
  triggeredRun,
  type HookProvider,
  type TriggerInput,
} from '../domain/trigger.js';
import { ShipwayError } from '../errors.js';
import { sha256 } from '../hash.js';
import { credential } from './credential.js';

interface Deps {
  readonly client: Client;
  readonly store: Pick<Store, 'runs'>;
  readonly policy: () => Promise<Policy>;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

/** What the API's webhooks do: each push is one workflow, and one run. */
export function hooksOf(deps: Deps): Hooks {
  const asked = new Map<HookProvider, Promise<readonly Hooked[]>>();
  return {
    // Requests that come at once are answered by one look, so that a flood of them does not reach the store.
    of: (provider) => {
      const under = asked.get(provider) ?? hookedOf(deps, provider).finally(() => asked.delete(provider));
      asked.set(provider, under);
      return under;
    },
    start: (input) => start(deps, input),
  };
}

async function hookedOf(deps: Deps, provider: HookProvider): Promise<readonly Hooked[]> {
  const all = Object.entries((await deps.policy()).repositories ?? {});
  const hooked = all.filter(([, r]) => r.provider === provider && r.hook !== undefined);
  return (await Promise.all(hooked.map((one) => withSecret(deps, one)))).flat();
}

/** One whose secret this worker has not is no repository here, and its log says so. */
async function withSecret(
  { env, log }: Deps,
  [service, repository]: readonly [string, Hooked['repository']],
): Promise<readonly Hooked[]> {
  try {
    return [{ service, repository, secret: await credential(repository.hook?.secret ?? '', env) }];
  } catch (error) {
    if (!(error instanceof ShipwayError)) throw error;
    log.error({ service, why: error.message }, 'webhooks of this repository cannot be verified');
    return [];
  }
}

/**
 * One that Temporal knows is not started again; nor is one that it has forgotten, whose run the store knows. Fails with
 * `store.unavailable`, `temporal.unavailable`.
 */
async function start({ client, store }: Deps, input: TriggerInput): Promise<Started> {
  const { service, cause } = input;
  if (cause.kind !== 'push') throw new Error('only pushes come by hooks');
  const trigger = triggerId(service, sha256(pushText(service, cause)).slice(0, 32));
  const run = triggeredRun(cause, cause.after, sha256(trigger));
  const told = { service, run, trigger };
  if ((await store.runs.find(pipelineId(service, run))) !== undefined) return { ...told, known: true };
  try {
    await client.workflow.start('trigger', {
      workflowId: trigger,
      taskQueue: QUEUES.control,
      args: [input],
      // One that has failed has started no run: sent again it is tried again.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: `${cause.provider}: ${'tag' in cause ? cause.tag : cause.after.slice(0, 12)} pushed to ${service}`,
    });
    return { ...told, known: false };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { ...told, known: true };
    throw new ShipwayError('temporal.unavailable', 'Temporal did not take the trigger', { cause: error });
  }
}
