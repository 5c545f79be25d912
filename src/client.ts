import { connect as openSocket } from 'node:net';
import type { Client, Workflow } from '@temporalio/client';
import { pollersOf, viewOf, type Pollers } from './client/describe.js';
import { CommandError, explained } from './client/failure.js';
import {
  housekeep,
  lastHousekeeping,
  scheduleOf,
  type LastHousekeeping,
  type ScheduleState,
} from './client/housekeeping.js';
import { followRun } from './client/follow-run.js';
import { livingTarget } from './client/living-target.js';
import { deploymentOf, type DeploymentStatus } from './client/deployments.js';
import {
  listRuns,
  serviceOf,
  startRun,
  statusOf,
  type RunFilter,
  type RunLine,
  type RunStatus,
} from './client/runs.js';
import { schedulesOf, type Schedules } from './client/schedules.js';
import type { ConnectionSettings } from './connection.js';
import { QUEUES, pipelineId, type TargetRef } from './domain/ids.js';
import type { HousekeepingInput, HousekeepingView } from './domain/housekeeping.js';
import type { PipelineInput } from './domain/inputs.js';
import { MESSAGES, type Accepted } from './domain/messages.js';
import type { Statement } from './domain/statement.js';
import type { AdoptRequest, RollbackRequest, TargetAnswer } from './domain/target.js';
import { temporalPackage } from './temporal-package.js';

const temporal = temporalPackage('@temporalio/client');

export type { DeploymentStatus } from './client/deployments.js';
export type { RunFilter, RunLine, RunStatus } from './client/runs.js';

/** shipway's calls over Temporal, for the CLI, activities and a user's own code. All fail with `CommandError` in words for people. */
export interface ShipwayClient {
  /** Starts a run. The same run id twice is refused. */
  readonly startRun: (input: PipelineInput) => Promise<string>;
  /** Has shown at its commit how a run goes that is tried again, where the policy says so. */
  readonly followRun: (service: string, run: string) => Promise<void>;
  /** Answers from what is written down, so also when no worker lives. */
  readonly status: (service: string, run: string) => Promise<RunStatus>;
  /** The same of a deployment, which may belong to no run. */
  readonly deployment: (workflow: string) => Promise<DeploymentStatus>;
  /** Newest first. */
  readonly list: (filter: RunFilter, limit: number) => Promise<readonly RunLine[]>;
  /** The service of a run that is named without it; `likely` is asked first. */
  readonly serviceOf: (run: string, likely?: string) => Promise<string>;
  /** Needs a worker. Sent twice it counts once: a statement is good for one message. */
  readonly answer: (workflow: string, statement: Statement) => Promise<Accepted>;
  readonly abort: (workflow: string, statement: Statement) => Promise<Accepted>;
  /** What a person wants of a deployment on its way. Sent twice it counts once. */
  readonly steer: (workflow: string, statement: Statement) => Promise<Accepted>;
  /** Starts the target's workflow when it does not run. The same request twice is one rollback. */
  readonly rollback: (request: RollbackRequest) => Promise<TargetAnswer>;
  /** Starts the target's workflow when it does not run. Sent twice it counts once. */
  readonly adopt: (request: AdoptRequest) => Promise<Accepted>;
  /** Does housekeeping now and waits for its end, of a mere look (`sightings`) for seconds alone. Needs a worker; two at once are one. */
  readonly housekeep: (input: HousekeepingInput) => Promise<HousekeepingView>;
  readonly schedule: (id: string) => Promise<ScheduleState | undefined>;
  /** The newest that removed something, or was to; `undefined` when Temporal knows of none. */
  readonly lastHousekeeping: () => Promise<LastHousekeeping | undefined>;
  /** What a workflow last wrote of itself; `undefined` when Temporal does not know it. */
  readonly view: <View>(
    workflow: string,
  ) => Promise<{ readonly view: View | undefined; readonly status: string } | undefined>;
  /** Runs by the clock. */
  readonly schedules: Schedules;
  readonly pollers: (queue: string, tasks: 'workflows' | 'activities') => Promise<Pollers>;
  readonly temporal: Client;
  readonly close: () => Promise<void>;
}

const CALL_MS = 10_000;
/** Whoever is asked what he sees has eight seconds, after the store and the record have been read; to remove takes minutes where there is much. */
const [LOOK_MS, TIDY_MS] = [15_000, 24 * 3_600_000];
const timeOf = ({ only }: HousekeepingInput): number => (only === 'sightings' ? LOOK_MS : TIDY_MS);

/** Opens a connection. Fails with `CommandError` when there is no server, at once when it is this machine that has none. */
export async function connect(settings: ConnectionSettings): Promise<ShipwayClient> {
  const { temporalAddress: address, namespace } = settings;
  const connection = await guarded(address, async () => {
    await refusedAtOnce(address);
    return temporal.Connection.connect({ address, connectTimeout: CALL_MS, ...settings.temporal });
  });
  const client = new temporal.Client({ connection, namespace });
  const within = <T>(body: () => Promise<T>, ms = CALL_MS): Promise<T> =>
    guarded(address, () => connection.withDeadline(Date.now() + ms, body));
  const workers = (): Promise<Pollers> =>
    within(() => pollersOf(client, namespace, QUEUES.control, 'workflows'));
  const asked = <T>(body: () => Promise<T>): Promise<T> => withWorker(workers, () => within(body));
  const tell = (workflow: string, statement: Statement): Promise<Accepted> =>
    asked(() =>
      client.workflow
        .getHandle(workflow)
        .executeUpdate<Accepted, [Statement]>(statement.verb, { args: [statement] }),
    );
  return {
    temporal: client,
    startRun: (input) => within(() => startRun(client, settings, input)),
    followRun: (service, run) => within(() => followRun(client, service, run)),
    status: (service, run) => within(() => statusOf(client, namespace, pipelineId(service, run))),
    deployment: (workflow) => within(() => deploymentOf(client, namespace, workflow)),
    list: (filter, limit) => within(() => listRuns(client, filter, limit)),
    serviceOf: (run, likely) => within(() => serviceOf(client, run, likely)),
    answer: tell,
    abort: tell,
    steer: tell,
    rollback: (request) => asked(() => toTarget(client, MESSAGES.rollback, request)),
    adopt: (request) => asked(() => toTarget(client, MESSAGES.adopt, request)),
    housekeep: (input) => within(() => housekeep(client, input), timeOf(input)),
    schedule: (id) => within(() => scheduleOf(client, id)),
    lastHousekeeping: () => within(() => lastHousekeeping(client)),
    view: (workflow) => within(() => viewOf(client, workflow)),
    schedules: withinEach(schedulesOf(client), within),
    pollers: (queue, tasks) => within(() => pollersOf(client, namespace, queue, tasks)),
    close: () => connection.close(),
  };
}

/** The same calls, each of which ends in time and fails in words for people. */
const withinEach = (
  { add, list, pause, resume, remove, now }: Schedules,
  within: <T>(body: () => Promise<T>) => Promise<T>,
): Schedules => ({
  add: (schedule) => within(() => add(schedule)),
  list: (service) => within(() => list(service)),
  pause: (ref, note) => within(() => pause(ref, note)),
  resume: (ref, note) => within(() => resume(ref, note)),
  remove: (ref) => within(() => remove(ref)),
  now: (ref) => within(() => now(ref)),
});

async function guarded<T>(address: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw explained(error, address);
  }
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)$/;

/** gRPC tries a closed port again until its time is over; on this machine a refusal is final and said at once. */
function refusedAtOnce(address: string): Promise<void> {
  const port = LOOPBACK.exec(address)?.[1];
  if (port === undefined) return Promise.resolve();
  const host = address.slice(0, -port.length - 1).replace(/[[\]]/g, '');
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host, port: Number(port) }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** Says since when there is no worker, when that is why nobody answered. A server that does not tell leaves the failure as it was. */
async function withWorker<T>(workers: () => Promise<Pollers>, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof CommandError) || error.kind !== 'unanswered') throw error;
    const { count, lastSeen } = await workers().catch(() => {
      throw error;
    });
    if (count > 0) throw error;
    const since = lastSeen === undefined ? '' : ` since ${lastSeen}`;
    throw new CommandError(
      `no worker polls${since}, so nobody took the message`,
      'start one with `shipway dev` or `shipway worker`, look at the status, and say it again if it still asks',
      1,
      error,
      'unanswered',
    );
  }
}

/** An update to the entity of a target, which is started when it does not live. */
const toTarget = <Answer, Request extends TargetRef>(
  client: Client,
  message: string,
  request: Request,
): Promise<Answer> =>
  client.workflow.executeUpdateWithStart<Workflow, Answer, [Request]>(message, {
    args: [request],
    startWorkflowOperation: livingTarget(request),
  });
