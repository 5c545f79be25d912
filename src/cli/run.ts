import { randomInt } from 'node:crypto';
import { apiClient } from '../client/api.js';
import type { ShipwayClient } from '../client.js';
import type { ConnectionSettings } from '../connection.js';
import { pipelineId } from '../domain/ids.js';
import { person, state, withClient } from './context.js';
import type { Digest } from '../domain/release.js';
import { endLine, exitOf, followed, runToFollow } from './follow.js';
import { interrupted, interruption } from './interrupt.js';
import { measuringAt } from './measuring.js';
import { progress, result } from './output.js';
import { planned, type Planned } from './planning.js';
import { statusJson } from './status.js';
import type { Command, Values } from './table.js';
import { uiOf } from '../client/ui-address.js';

const BASE32 = 'abcdefghijkmnpqrstuvwxyz23456789';
const SUFFIX = 6;
const MOST_VERSION = 93;

/** `shipway run`: plan, upload, start, and follow; with --detach it returns when the run is safe in Temporal. */
export const run: Command = async (values) => {
  const requestedBy = person(values);
  const work = await planned(values);
  return shipped(work, requestedBy, values).finally(work.dispose);
};

const shipped = (work: Planned, requestedBy: string, values: Values): Promise<number> =>
  withClient(values, async (client, settings) => {
    const id = runId(work.plan.version);
    const { signal, done } = interruption();
    try {
      await start(client, settings, work, { id, requestedBy, values, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw interrupted('nothing was started', 'give the command again');
    } finally {
      done();
    }
    return toldAndFollowed(
      client,
      settings,
      { run: id, service: work.plan.service, planHash: work.hash },
      values,
    );
  });

interface Begun {
  readonly run: string;
  readonly service: string;
  readonly planHash: Digest;
}

/** What a command that has started a run says of it; with --detach that is all. */
export async function toldAndFollowed(
  client: ShipwayClient,
  settings: ConnectionSettings,
  { run: id, service, planHash }: Begun,
  values: Values,
): Promise<number> {
  const told = { run: id, service, workflow: pipelineId(service, id), planHash };
  const ui = uiOf(settings, told.workflow);
  if (values['detach'] === true) {
    result(values, { ...told, ...(ui === undefined ? {} : { ui }) }, [id]);
    progress(`it goes on without you; look with: shipway status ${id}`, values);
    return 0;
  }
  progress(`run ${id}; Ctrl-C leaves it running`, values);
  const measures = measuringAt(settings, values);
  const status = await followed(runToFollow(client, { service, run: id }, measures), values);
  result(values, { ...told, outcome: status.run.outcome, status: statusJson(status, ui) }, [
    endLine(status.run.run, status.run, status),
  ]);
  return exitOf(status.run);
}

interface Starting {
  readonly id: string;
  readonly requestedBy: string;
  readonly values: Values;
  readonly signal: AbortSignal;
}

/** Uploads the source, then starts: a run never waits for its client. */
async function start(
  client: ShipwayClient,
  settings: ConnectionSettings,
  { plan, hash, bundle }: Planned,
  { id, requestedBy, values, signal }: Starting,
): Promise<void> {
  const { digest: source, path, ancestors, remove } = await bundle();
  try {
    const { putArtifact } = apiClient(settings);
    for (const file of [{ digest: source, path }, ancestors])
      await putArtifact(file.digest, file.path, signal);
  } finally {
    await remove();
  }
  signal.throwIfAborted();
  const asked = { requestedBy, statement: state(values, 'run', hash) };
  await client.startRun({ run: id, plan, planHash: hash, source, ancestors: ancestors.digest, ...asked });
}

/** Short enough to type, and different each time: Temporal refuses a second run of one name. */
export function runId(version: string): string {
  const suffix = Array.from({ length: SUFFIX }, () => BASE32[randomInt(BASE32.length)]).join('');
  return `${version.slice(0, MOST_VERSION)}-${suffix}`;
}
