import type { Client } from '@temporalio/client';
import type { ConnectionSettings } from '../connection.js';
import { QUEUES, pipelineId, targetId } from '../domain/ids.js';
import { waysOf, wayText } from '../domain/environments.js';
import type { PipelineInput } from '../domain/inputs.js';
import { markdown } from '../domain/details.js';
import type { DriftNow, LiveNow } from '../domain/next.js';
import { MEMO_VIEW } from '../domain/messages.js';
import type { DeploymentView, RunView } from '../domain/view.js';
import { describeDeployment } from './deployments.js';
import {
  endingOf,
  pendingOf,
  pollersOf,
  viewOf,
  type Ending,
  type Pending,
  type Pollers,
} from './describe.js';
import { behind, driftOf, sinceOf, targetsNow, type Behind } from './targets-now.js';
import { urlOf } from './api-call.js';
import { CommandError } from './failure.js';
import { uiOf } from './ui-address.js';
import { initialRunView } from '../domain/initial-run-view.js';
import { temporalPackage } from '../temporal-package.js';

const { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } =
  temporalPackage('@temporalio/common');

export interface RunStatus {
  readonly workflow: string;
  readonly run: RunView;
  readonly deployment?: DeploymentView;
  readonly temporal: Ending & { readonly pending: readonly Pending[] };
  /** Who polls the queue that all workflows need. */
  readonly workers: Pollers;
  /** Where it leads and housekeeping has seen something else than is recorded; absent: nowhere. */
  readonly drift?: readonly DriftNow[];
  /** Where it shipped to and another version is live by now; absent: nowhere. */
  readonly since?: readonly LiveNow[];
  /** Who waits for its deployment, in this order; absent: nobody. */
  readonly behind?: readonly Behind[];
}
export interface RunLine {
  readonly run: string;
  readonly service: string;
  readonly status: string;
  readonly startedAt: string;
  readonly view?: RunView;
}

/** What links are made of. */
export type Addresses = Pick<ConnectionSettings, 'apiUrl' | 'uiUrl' | 'namespace'>;

export async function startRun(client: Client, settings: Addresses, input: PipelineInput): Promise<string> {
  const { plan, run, requestedBy, planHash } = input;
  const view = initialRunView(input);
  const links = linksOf(settings, input);
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
    memo: { [MEMO_VIEW]: view, links },
    typedSearchAttributes: new TypedSearchAttributes([
      keyword('ShipwayService', plan.service),
      keyword('ShipwayEnvironment', view.environment),
      keyword('ShipwayVersion', plan.version),
    ]),
    staticSummary: summary(`${plan.service} ${plan.version} → ${wayText(view)} (${markdown(requestedBy)})`),
    staticDetails: [
      `commit \`${plan.commit}\`, plan \`${planHash}\`, asked for by ${markdown(requestedBy)}`,
      ...Object.entries(links).map(
        ([name, url]) => `[${name}](<${url.replace(/[<>\\\s]/g, encodeURIComponent)}>)`,
      ),
    ].join('\n\n'),
  });
  return workflowId;
}

/** Where else to look at a run. The addresses are those of whoever starts it. */
function linksOf(settings: Addresses, { run, plan }: PipelineInput): Record<string, string> {
  const target = uiOf(settings, targetId(plan));
  return {
    output: urlOf(settings.apiUrl, `/v1/runs/${encodeURIComponent(run)}/logs`).href,
    ...(target === undefined ? {} : { target }),
  };
}

/** Temporal takes 200 bytes. */
const SUMMARY_BYTES = 200;
function summary(text: string): string {
  let kept = text;
  while (Buffer.byteLength(kept) > SUMMARY_BYTES) kept = [...kept].slice(0, -1).join('');
  return kept;
}

export async function statusOf(client: Client, namespace: string, workflow: string): Promise<RunStatus> {
  const [description, workers] = await Promise.all([
    client.workflow.getHandle(workflow).describe(),
    pollersOf(client, namespace, QUEUES.control, 'workflows'),
  ]);
  const run = description.memo?.[MEMO_VIEW] as RunView | undefined;
  if (description.type !== 'pipeline')
    throw new CommandError(
      `${workflow} is no run of shipway, but a ${description.type}`,
      'see `shipway list`',
    );
  if (run === undefined)
    throw new CommandError(
      `${workflow} has written nothing of itself: it was started by hand`,
      'see it in Temporal’s UI; start runs with `shipway run`',
    );
  const [ending, under, targets] = await Promise.all([
    endingOf(client, workflow, description.status.name, run),
    run.deployment ? describeDeployment(client, run.deployment) : undefined,
    targetsNow(
      client,
      waysOf(run).map((environment) => ({ service: run.service, environment })),
    ),
  ]);
  const [drift, since] = [driftOf(targets), sinceOf(targets, run)];
  const waiting = behind(targets, run.deployment);
  const pending = [...pendingOf(description.raw), ...(under?.pending ?? [])];
  return {
    workflow,
    run,
    ...(under?.view === undefined ? {} : { deployment: under.view }),
    temporal: { ...ending, pending },
    workers,
    ...(drift.length === 0 ? {} : { drift }),
    ...(since.length === 0 ? {} : { since }),
    ...(waiting.length === 0 ? {} : { behind: waiting }),
  };
}

export interface RunFilter {
  readonly service?: string;
  readonly environment?: string;
  readonly version?: string;
}

export async function listRuns(
  client: Client,
  filter: RunFilter,
  limit: number,
): Promise<readonly RunLine[]> {
  const lines: RunLine[] = [];
  for await (const execution of client.workflow.list({
    query: queryOf(filter),
    pageSize: Math.min(limit, 100),
  })) {
    const [, service = '', run = ''] = execution.workflowId.split('/');
    const view = execution.memo?.[MEMO_VIEW] as RunView | undefined;
    lines.push({
      run,
      service,
      status: execution.status.name,
      startedAt: execution.startTime.toISOString(),
      ...(view === undefined ? {} : { view }),
    });
    if (lines.length >= limit) break;
  }
  return lines;
}

/** The values have the forms that src/domain/ids.ts gives them, so none can end the quotes. */
const queryOf = ({ service, environment, version }: RunFilter): string =>
  [
    "WorkflowType='pipeline'",
    ...(service === undefined ? [] : [`ShipwayService='${service}'`]),
    ...(environment === undefined ? [] : [`ShipwayEnvironment='${environment}'`]),
    ...(version === undefined ? [] : [`ShipwayVersion='${version}'`]),
  ].join(' AND ');

const MOST_OF_ONE_VERSION = 1_000;

/**
 * The service of a run that is named without it. `likely` is asked first and exactly; others are looked for in Temporal's
 * visibility, which hears of a run a moment after its start. Fails when none or several services have such a run.
 */
export async function serviceOf(client: Client, run: string, likely?: string): Promise<string> {
  if (likely !== undefined && (await viewOf(client, pipelineId(likely, run))) !== undefined) return likely;
  const version = run.slice(0, run.lastIndexOf('-'));
  const found = await listRuns(client, version === '' ? {} : { version }, MOST_OF_ONE_VERSION);
  const services = [...new Set(found.filter((r) => r.run === run).map((r) => r.service))];
  const [service] = services;
  if (service !== undefined && services.length === 1) return service;
  if (service === undefined)
    throw new CommandError(
      `there is no run ${run}`,
      'see `shipway list`, or name it SERVICE/RUN',
      1,
      undefined,
      'not_found',
    );
  throw new CommandError(
    `several services have a run ${run}`,
    `name it ${services.map((s) => `${s}/${run}`).join(' or ')}`,
    2,
  );
}
