import { apiClient } from '../../client/api.js';
import type { ShipwayClient } from '../../client.js';
import { QUEUES, effectQueues } from '../../domain/ids.js';
import { SEARCH_ATTRIBUTES } from '../../domain/messages.js';
import type { TargetState } from '../../domain/target.js';
import { settings, withClient } from '../context.js';
import { attempt, bad, well, type Check } from './check.js';
import type { Values } from '../table.js';

/** Temporal: reachable, the namespace, its search attributes, and who polls each queue. */
export const checkTemporal = (values: Values): Promise<readonly Check[]> =>
  attempt('temporal', () =>
    withClient(values, async (client, { namespace, temporalAddress }) => {
      const server = await client.temporal.workflowService.getSystemInfo({});
      return [
        well('temporal', `${temporalAddress}, server ${server.serverVersion ?? ''}`),
        ...(await attempt(`namespace ${namespace}`, () => namespaceAndAttributes(client, namespace))),
        ...(await attempt('pollers', () => queues(client, values))),
      ];
    }),
  );

async function namespaceAndAttributes(client: ShipwayClient, namespace: string): Promise<readonly Check[]> {
  await client.temporal.workflowService.describeNamespace({ namespace });
  const { customAttributes } = await client.temporal.connection.operatorService.listSearchAttributes({
    namespace,
  });
  const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !Object.hasOwn(customAttributes, name));
  return [
    well('namespace', namespace),
    missing.length === 0
      ? well('search attributes', 'registered')
      : bad('search attributes', `${missing.join(', ')} missing`, 'start a worker: it registers them'),
  ];
}

async function queues(client: ShipwayClient, values: Values): Promise<readonly Check[]> {
  const hosts = await knownHosts(values);
  const ofHosts = hosts.map(effectQueues).flatMap(({ effects, watch }) => [effects, watch]);
  return Promise.all([
    queue(client, QUEUES.control, 'workflows'),
    ...[...Object.values(QUEUES), ...ofHosts].map((name) => queue(client, name, 'activities')),
  ]);
}

/** The hosts whose instances are live somewhere. The API's own check says when it cannot be asked. */
async function knownHosts(values: Values): Promise<readonly string[]> {
  const targets: readonly TargetState[] = await apiClient(await settings(values))
    .targets()
    .catch((): readonly TargetState[] => []);
  return [...new Set(targets.map((t) => t.host).filter((host) => host !== undefined))];
}

async function queue(client: ShipwayClient, name: string, tasks: 'workflows' | 'activities'): Promise<Check> {
  const { count, lastSeen } = await client.pollers(name, tasks);
  const label = `queue ${name}`;
  if (count > 0) return well(label, `${String(count)} polling for ${tasks}`);
  const since = lastSeen === undefined ? 'nobody polls' : `nobody polls since ${lastSeen}`;
  return bad(
    label,
    `${since} for ${tasks}`,
    'start `shipway worker` (or `shipway dev`) with the role for it',
  );
}
