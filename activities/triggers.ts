import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { viewOf } from '../src/client/describe.js';
import { startRun, type Addresses } from '../src/client/runs.js';
import { uiOf } from '../src/client/ui-address.js';
import { environmentsOf } from '../src/domain/environments.js';
import { pipelineId } from '../src/domain/ids.js';
import type { Ended } from '../src/domain/outcome.js';
import { MEMO_VIEW } from '../src/domain/messages.js';
import type { StatusBoard } from '../src/domain/ports.js';
import type { Statement } from '../src/domain/statement.js';
import {
  askersOf,
  nameOf,
  notScheduled,
  requesterOf,
  triggeredRun,
  unheeded,
  type Cause,
  type CommitStatus,
  type Named,
  type Prepared,
  type Repository,
  type Resolved,
  type Sources,
  type TriggerInput,
  type Triggered,
} from '../src/domain/trigger.js';
import type { RunView } from '../src/domain/view.js';
import { ShipwayError } from '../src/errors.js';
import { sha256 } from '../src/hash.js';
import { entry, self } from './audit.js';
import { beating } from './beating.js';
import type { ControlDeps } from './deps.js';
import { untilEnded } from './until-ended.js';

/** What activities of triggers work with. */
export interface TriggerDeps extends Pick<ControlDeps, 'store' | 'client' | 'policy'> {
  readonly sources: Sources;
  /** Where statuses of a repository are written; `undefined` when they are not. Fails with `credential.missing`. */
  readonly statuses: (repository: Repository) => Promise<StatusBoard | undefined>;
  /** Links to a run, for people. */
  readonly links: Addresses;
}

/**
 * The commit that a schedule's branch is at, or that a tag stands for: asked once, so that whatever is tried again is about the same one.
 * Fails with `commit.unknown` for a tag that is not at what was pushed.
 */
export const findCommit =
  ({ policy, sources }: Pick<TriggerDeps, 'policy' | 'sources'>) =>
  ({ service, cause }: TriggerInput): Promise<{ readonly commit: string }> =>
    beating(async (signal) => {
      const repository = await allowed(policy, { service, cause });
      const { object, commit } = await sources.headOf(repository, cause, signal);
      if (cause.kind === 'push' && cause.after !== object && cause.after !== commit)
        throw new ShipwayError(
          'commit.unknown',
          `${nameOf(cause)} of ${repository.url} is not at ${cause.after.slice(0, 12)}`,
        );
      return { commit };
    });

/**
 * Starts the run of a trigger as a client does: what is shipped is the repository's of the policy, whatever a request says. Tried again
 * it is the same run. Fails with `repository.unknown`, `repository.unavailable`, `repository.refused`, `commit.unknown`,
 * `credential.missing`, `config.invalid`.
 */
export const startTriggered = (deps: TriggerDeps) => (input: Resolved) =>
  beating(async (signal): Promise<Triggered> => {
    const { service, cause, commit } = input;
    const run = triggeredRun(cause, commit, sha256(self()));
    const known = await deps.store.runs.find(pipelineId(service, run));
    if (known !== undefined) return { service, environment: known.plan.environment, run, commit };
    const repository = await allowed(deps.policy, input);
    const environment = cause.kind === 'push' ? repository.hook?.environment : cause.environment;
    const prepared = await deps.sources.prepare(
      {
        ...{ service, repository, named: namedIn(cause), commit, askedBy: askersOf(cause) },
        ...(environment === undefined ? {} : { environment }),
      },
      signal,
    );
    refuseUnscheduled(repository, input, environmentsOf(prepared.plan));
    await start(deps, input, run, prepared);
    return { service, environment: prepared.plan.environment, run, commit };
  });

/** What the policy that rules now lets this cause fetch. */
async function allowed(policy: TriggerDeps['policy'], { service, cause }: TriggerInput): Promise<Repository> {
  const { repositories = {} } = await policy();
  const repository = Object.hasOwn(repositories, service) ? repositories[service] : undefined;
  if (repository === undefined)
    throw new ShipwayError('repository.unknown', `the policy names no repository of ${service}`);
  const why = cause.kind === 'push' ? unheeded(repository, cause) : undefined;
  if (why !== undefined) throw new ShipwayError('repository.unknown', `${service}: ${why}`);
  const { environment } = cause.kind === 'schedule' ? cause : {};
  refuseUnscheduled(repository, { service, cause }, environment === undefined ? [] : [environment]);
  return repository;
}

/** Asked again once it is known where it leads: a schedule need not say. */
function refuseUnscheduled(
  repository: Repository,
  { service, cause }: TriggerInput,
  environments: readonly string[],
): void {
  if (cause.kind !== 'schedule') return;
  const why = notScheduled(repository, { service, branch: cause.branch, environments });
  if (why !== undefined) throw new ShipwayError('repository.unknown', why);
}

const GOOD_MS = 10 * 60_000;

async function start(
  { client, store, links }: TriggerDeps,
  { cause }: Resolved,
  run: string,
  { plan, planHash, source, ancestors }: Prepared,
): Promise<void> {
  const requestedBy = requesterOf(cause);
  const now = Date.now();
  const statement: Statement = {
    ...{ person: requestedBy, verb: 'run', on: planHash, nonce: self(), signature: 'none' },
    at: new Date(now).toISOString(),
    until: new Date(now + GOOD_MS).toISOString(),
  };
  const { service, environment, version } = plan;
  const said = cause.kind === 'push' ? { delivery: cause.delivery } : { schedule: cause.name };
  await store.audit.append([
    entry({ service, environment, version }, 'trigger.fired', {
      ...{ run, by: requestedBy, ...namedIn(cause), asked_by: askersOf(cause), ...said },
    }),
  ]);
  try {
    await startRun(client, links, { run, plan, planHash, source, ancestors, requestedBy, statement });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

const namedIn = (cause: Cause): Named => ('tag' in cause ? { tag: cause.tag } : { branch: cause.branch });

/** Keeps why a trigger started nothing. */
export const recordUnfired =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async ({ input, commit, why }: { input: TriggerInput; commit: string; why: string }): Promise<void> => {
    const { service, cause } = input;
    const environment = (cause.kind === 'schedule' ? cause.environment : undefined) ?? '';
    await store.audit.append([
      entry({ service, environment, version: commit.slice(0, 12) }, 'trigger.refused', {
        ...{ by: requesterOf(cause), ...namedIn(cause), why },
      }),
    ]);
  };

const LOOK_MS = 500;

/**
 * Waits until a run is admitted, and tells its commit as it was admitted, whatever is said elsewhere. `undefined` for one that a trigger
 * has nothing to do with, or that has ended without.
 */
export const awaitAdmission =
  ({ client, store }: Pick<ControlDeps, 'client' | 'store'>) =>
  ({ service, run }: Pick<Triggered, 'service' | 'run'>): Promise<Triggered | undefined> =>
    beating(async (signal) => {
      for (;;) {
        const row = await store.runs.find(pipelineId(service, run));
        if (row?.plan.askedBy !== undefined) {
          const { environment, commit } = row.plan;
          return { service, environment, run, commit };
        }
        const goesOn = (await viewOf(client, pipelineId(service, run)))?.status === 'RUNNING';
        if (row !== undefined || !goesOn) return undefined;
        await sleep(LOOK_MS, undefined, { signal });
      }
    });

/** Waits until a run has ended in any way. */
export const awaitRun =
  ({ client }: Pick<ControlDeps, 'client'>) =>
  async ({ service, run }: Pick<Triggered, 'service' | 'run'>): Promise<Ended> => {
    const ended = await untilEnded(client, pipelineId(service, run));
    if (ended === undefined) return { outcome: 'failed', reason: 'not in Temporal any more' };
    const { outcome, reason } = (ended.memo?.[MEMO_VIEW] as RunView | undefined) ?? {};
    return outcome === undefined
      ? { outcome: 'failed', reason: `${ended.status.name.toLowerCase()} in Temporal` }
      : { outcome, reason: reason ?? '' };
  };

/** Shows at the commit how it goes, where the policy says so. The same again changes nothing. */
export const reportStatus =
  ({ policy, statuses, links }: Pick<TriggerDeps, 'policy' | 'statuses' | 'links'>) =>
  async ({
    service,
    run,
    ...status
  }: Omit<CommitStatus, 'link'> & { readonly service: string; readonly run?: string }): Promise<void> => {
    const { repositories = {} } = await policy();
    const repository = Object.hasOwn(repositories, service) ? repositories[service] : undefined;
    const board = repository && (await statuses(repository));
    const link = run === undefined ? undefined : uiOf(links, pipelineId(service, run));
    const shown = { ...status, ...(link === undefined ? {} : { link }) };
    await board?.set(repository?.project ?? '', shown, Context.current().cancellationSignal);
  };
