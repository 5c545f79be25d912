import { Client, Connection, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import type { ConnectionSettings } from './connection.js';
import { QUEUES, pipelineId, targetId } from './domain/ids.js';
import type { PipelineInput } from './domain/inputs.js';
import { MEMO_VIEW, MESSAGES, type Accepted } from './domain/messages.js';
import type { Statement } from './domain/statement.js';
import type { RollbackRequest, TargetAnswer } from './domain/target.js';
import type { DeploymentView, RunView } from './domain/view.js';
import { CommandError, explained } from './client/failure.js';
import { initialRunView } from './client/initial-view.js';
import { pendingOf, pollersOf, type Pending, type Pollers } from './client/describe.js';

export interface RunStatus {
  readonly workflow: string;
  readonly run: RunView;
  readonly deployment?: DeploymentView;
  readonly temporal: { readonly status: string; readonly pending: readonly Pending[] };
  readonly workers: Pollers;
}
export interface RunLine {
  readonly run: string;
  readonly service: string;
  readonly status: string;
  readonly startedAt: string;
  readonly view?: RunView;
}

/** shipway's calls over Temporal, for the CLI, activities and a user's own code. All fail with `CommandError` in words for people. */
export interface ShipwayClient {
  /** Starts a run. The same run id twice is refused. */
  readonly startRun: (input: PipelineInput) => Promise<string>;
  /** Answers from what is written down, so also when no worker lives. */
  readonly status: (service: string, run: string) => Promise<RunStatus>;
  readonly list: (service: string | undefined, limit: number) => Promise<readonly RunLine[]>;
  /** The service of a run that is named without it. */
  readonly serviceOf: (run: string) => Promise<string>;
  readonly answer: (workflow: string, statement: Statement) => Promise<Accepted>;
  readonly abort: (workflow: string, statement: Statement) => Promise<Accepted>;
  readonly rollback: (request: RollbackRequest) => Promise<TargetAnswer>;
  readonly view: <View>(workflow: string) => Promise<View | undefined>;
  readonly pollers: (queue: string) => Promise<Pollers>;
  readonly temporal: Client;
  readonly close: () => Promise<void>;
}

const CALL_MS = 10_000;

export async function connect(settings: ConnectionSettings): Promise<ShipwayClient> {
  const { temporalAddress: address, namespace } = settings;
  const connection = await guarded(address, () =>
    Connection.connect({ address, connectTimeout: CALL_MS, ...settings.temporal }),
  );
  const client = new Client({ connection, namespace });
  const within = <T>(body: () => Promise<T>): Promise<T> =>
    guarded(address, () => connection.withDeadline(Date.now() + CALL_MS, body));
  return {
    temporal: client,
    startRun: (input) => within(() => startRun(client, input)),
    status: (service, run) => within(() => statusOf(client, namespace, pipelineId(service, run))),
    list: (service, limit) => within(() => listRuns(client, service, limit)),
    serviceOf: (run) => within(() => serviceOf(client, run)),
    answer: (workflow, statement) =>
      within(() =>
        client.workflow
          .getHandle(workflow)
          .executeUpdate<Accepted, [Statement]>(statement.verb, { args: [statement] }),
      ),
    abort: (workflow, statement) =>
      within(() =>
        client.workflow
          .getHandle(workflow)
          .executeUpdate<Accepted, [Statement]>(MESSAGES.abort, { args: [statement] }),
      ),
    rollback: (request) => within(() => rollback(client, request)),
    view: (workflow) => within(() => viewOf(client, workflow)),
    pollers: (queue) => within(() => pollersOf(client, namespace, queue)),
    close: () => connection.close(),
  };
}

async function guarded<T>(address: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw explained(error, address);
  }
}

async function startRun(client: Client, input: PipelineInput): Promise<string> {
  const { plan, run, requestedBy, planHash } = input;
  const keyword = (name: string, value: string) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  });
  const workflowId = pipelineId(plan.service, run);
  await client.workflow.start('pipeline', {
    workflowId,
    taskQueue: QUEUES.control,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    memo: { [MEMO_VIEW]: initialRunView(input) },
    typedSearchAttributes: new TypedSearchAttributes([
      keyword('ShipwayService', plan.service),
      keyword('ShipwayEnvironment', plan.environment),
      keyword('ShipwayVersion', plan.version),
    ]),
    staticSummary: `${plan.service} ${plan.version} → ${plan.environment} (${requestedBy})`,
    staticDetails: `commit \`${plan.commit}\`, plan \`${planHash}\`, asked for by ${requestedBy}`,
  });
  return workflowId;
}

async function statusOf(client: Client, namespace: string, workflow: string): Promise<RunStatus> {
  const [description, workers] = await Promise.all([
    client.workflow.getHandle(workflow).describe(),
    pollersOf(client, namespace, QUEUES.control),
  ]);
  const run = description.memo?.[MEMO_VIEW] as RunView | undefined;
  if (run === undefined) throw new CommandError(`${workflow} is no run of shipway`, 'see `shipway list`');
  const under =
    run.deployment === undefined || run.deployment === ''
      ? undefined
      : await describeDeployment(client, run.deployment);
  const pending = [...pendingOf(description.raw), ...(under?.pending ?? [])];
  return {
    workflow,
    run,
    ...(under?.view === undefined ? {} : { deployment: under.view }),
    temporal: { status: description.status.name, pending },
    workers,
  };
}

async function describeDeployment(
  client: Client,
  workflow: string,
): Promise<{ view: DeploymentView | undefined; pending: readonly Pending[] } | undefined> {
  try {
    const description = await client.workflow.getHandle(workflow).describe();
    return {
      view: description.memo?.[MEMO_VIEW] as DeploymentView | undefined,
      pending: pendingOf(description.raw),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function viewOf<View>(client: Client, workflow: string): Promise<View | undefined> {
  try {
    return (await client.workflow.getHandle(workflow).describe()).memo?.[MEMO_VIEW] as View | undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function listRuns(
  client: Client,
  service: string | undefined,
  limit: number,
): Promise<readonly RunLine[]> {
  const lines: RunLine[] = [];
  const query = [
    "WorkflowType='pipeline'",
    ...(service === undefined ? [] : [`ShipwayService='${service}'`]),
  ].join(' AND ');
  for await (const execution of client.workflow.list({ query, pageSize: limit })) {
    const [, of = '', run = ''] = execution.workflowId.split('/');
    const view = execution.memo?.[MEMO_VIEW] as RunView | undefined;
    lines.push({
      run,
      service: of,
      status: execution.status.name,
      startedAt: execution.startTime.toISOString(),
      ...(view === undefined ? {} : { view }),
    });
    if (lines.length >= limit) break;
  }
  return lines;
}

async function serviceOf(client: Client, run: string): Promise<string> {
  for await (const { workflowId } of client.workflow.list({ query: "WorkflowType='pipeline'" })) {
    const [, service = '', id] = workflowId.split('/');
    if (id === run) return service;
  }
  throw new CommandError(`there is no run ${run}`, 'see `shipway list`, or name it SERVICE/RUN');
}

async function rollback(client: Client, request: RollbackRequest): Promise<TargetAnswer> {
  const startWorkflowOperation = new WithStartWorkflowOperation('target', {
    workflowId: targetId(request),
    taskQueue: QUEUES.control,
    args: [{ service: request.service, environment: request.environment }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `${request.service} in ${request.environment}: lock, queue and memory`,
  });
  return client.workflow.executeUpdateWithStart(MESSAGES.rollback, {
    args: [request],
    startWorkflowOperation,
  }) as Promise<TargetAnswer>;
}
