import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { verifyChain } from '../../src/audit-chain.js';
import { startTraffic, type Traffic } from '../../src/cli/demo/traffic.js';
import type { AuditEntry } from '../../src/domain/audit.js';
import { deploymentId, pipelineId, targetId } from '../../src/domain/ids.js';
import type { Ended } from '../../src/domain/outcome.js';
import { FULL, type DeploymentPlan, type StagePlan, type Strategy } from '../../src/domain/plan.js';
import type { WatchPlan } from '../../src/domain/watch-plan.js';
import type { TargetState } from '../../src/domain/target.js';
import type { DeploymentView } from '../../src/domain/view.js';
import { findIdentity, type ProcessIdentity } from '../../src/processes.js';
import { ask, until, type Shown } from '../gateway/lab.js';
import { sql } from '../store/cluster.js';
import { commandStage, deploymentPlan, pipelineInput, plan } from '../support/plans.js';
import { carrying } from '../support/process-world.js';
import { endedOf } from '../support/story.js';
import type { FaultLab } from './lab.js';
import { settled } from './settled.js';

/** Shares of a canary at 50 %. */
export const HALF = { blue: 5_000, green: 5_000 };
export const BLUE_GREEN: Strategy = { kind: 'blue_green' };
export const CANARY = { kind: 'canary', steps: [5_000, FULL], stepDurationMs: 1_000 } as const;

export interface Instance {
  readonly id: string;
  readonly version: string;
  readonly process: ProcessIdentity;
}
/** What is told of one release: how it is deployed, and a file that makes it answer with errors while it exists. */
export type Shipping = Partial<DeploymentPlan> & {
  readonly badWhile?: string;
  /** What else its instances are told; see `test/support/fixtures/instance.js`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly readyAfterMs?: number;
  /** Default: 1. */
  readonly replicas?: number;
  /** From SIGTERM to its end; default: at once. */
  readonly stopAfterMs?: number;
  /** The stages before `deploy`; default: one that builds. */
  readonly before?: readonly StagePlan[];
};

export const build = (more: { readonly script?: readonly string[] } = {}): StagePlan =>
  commandStage('build', {
    script: [...(more.script ?? []), 'echo "$SHIPWAY_VERSION" > version.txt'],
    artifacts: ['server.js', 'package.json', 'version.txt'],
    cache: [{ paths: ['server.js'], keyFiles: ['package.json'] }],
  });

/** One service of a lab, and what is really there of it: asked of gateway, process table, files and database. */
export interface Service {
  readonly name: string;
  /** Starts a run of build and deploy. Answers its id. */
  readonly begin: (version: string, more?: Shipping) => Promise<string>;
  readonly ended: (run: string) => Promise<Ended>;
  readonly ship: (version: string, more?: Shipping) => Promise<Ended>;
  readonly workflow: (
    of: 'target' | { readonly run: string } | { readonly n: number },
  ) => ReturnType<FaultLab['client']['temporal']['workflow']['getHandle']>;
  /** Waits until the deployment's own view says so. */
  readonly phase: (n: number, is: (view: DeploymentView) => boolean) => Promise<void>;
  readonly shown: () => Promise<Shown>;
  /** Slots that users are sent to, as the gateway has it. */
  readonly shares: () => Promise<Readonly<Record<string, number>>>;
  /** Living processes. */
  readonly instances: () => Promise<readonly Instance[]>;
  /** How many instances of each version have ever begun, by their own count. */
  readonly starts: () => Promise<Readonly<Record<string, number>>>;
  /** Versions of the instances that were told to stop, if they take their time. */
  readonly stopping: () => Promise<readonly string[]>;
  readonly state: () => Promise<TargetState>;
  readonly entries: () => Promise<readonly AuditEntry[]>;
  /** Router, processes, users' answers, target's record and lock, permits and deployments agree that `version` alone serves. */
  readonly serves: (version: string, replicas?: number) => Promise<void>;
}

export function service(lab: FaultLab, name: string, environment = 'staging'): Service {
  const counter = join(lab.folder, `counter-${name}`);
  const ref = { service: name, environment };
  const handle = (id: string) => lab.client.temporal.workflow.getHandle(id);
  const workflow: Service['workflow'] = (of) =>
    handle(
      of === 'target' ? targetId(ref) : 'run' in of ? pipelineId(name, of.run) : deploymentId(ref, of.n),
    );
  const begin: Service['begin'] = async (
    version,
    { badWhile, variables, readyAfterMs = 0, replicas = 1, stopAfterMs, before = [build()], ...more } = {},
  ) => {
    const told = {
      ...(badWhile && { BAD_WHILE: badWhile }),
      ...(stopAfterMs !== undefined && { STOP_AFTER: String(stopAfterMs) }),
      ...{ READY_AFTER: String(readyAfterMs), ...variables },
    };
    const deployment = deploymentOf({ COUNTER: counter, ...told }, replicas, more);
    const of = plan(version, {
      ...ref,
      commit: lab.source.commit,
      stages: [...before, { kind: 'deploy', name: 'deploy', needs: [], deployment }],
    });
    const input = {
      ...pipelineInput(of, `${version}-${randomUUID().slice(0, 6)}`),
      source: lab.source.digest,
    };
    await lab.client.startRun(input);
    return input.run;
  };
  const ended: Service['ended'] = (run) => endedOf(workflow({ run }));
  const linesOf = async (file: string): Promise<string[]> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const starts = async (): Promise<string[][]> => (await linesOf(counter)).map((line) => line.split(' '));
  const shown: Service['shown'] = () => lab.gateway().must(`GET`, `/targets/${name}/${environment}`);
  const instances: Service['instances'] = async () => {
    const found = (await starts()).map(async ([id = '', , version = '']) =>
      Promise.all(
        (await carrying(id)).map(async (pid) => {
          const process = await findIdentity(pid);
          // It has ended since it was found.
          return process === undefined ? [] : [{ id, version, process }];
        }),
      ),
    );
    return (await Promise.all(found)).flat(2);
  };
  const state: Service['state'] = async () => {
    const [row] = await sql(lab.databaseUrl, `SELECT state FROM shipway.targets WHERE service = '${name}'`);
    return row?.['state'] as TargetState;
  };
  const entries: Service['entries'] = async () =>
    (
      await sql(lab.databaseUrl, `SELECT entry FROM shipway.audit WHERE service = '${name}' ORDER BY seq`)
    ).map((r) => JSON.parse(String(r['entry'])) as AuditEntry);
  const of: Service = {
    name,
    begin,
    ended,
    ship: async (version, more) => ended(await begin(version, more)),
    workflow,
    phase: (n, is) =>
      until(
        async () => {
          const seen = await lab.client.view<DeploymentView>(deploymentId(ref, n));
          return seen?.view !== undefined && is(seen.view);
        },
        120_000,
        100,
      ),
    shown,
    shares: async () => sharesOf(await shown()),
    instances,
    starts: async () => {
      const count: Record<string, number> = {};
      for (const [, , version = ''] of await starts()) count[version] = (count[version] ?? 0) + 1;
      return count;
    },
    stopping: () => linesOf(`${counter}.stopping`),
    state,
    entries,
    serves: (version, replicas = 1) => serves(lab, of, version, replicas),
  };
  return of;
}

const HEALTH: WatchPlan = {
  intervalMs: 250,
  triggers: { healthCheckFailures: { threshold: 3, windowMs: 60_000 } },
  onInconclusive: 'hold',
  onUnavailable: 'hold',
  stepTimeoutMs: 120_000,
};
/** By the errors that users see; needs users. */
export const ERRORS: WatchPlan = {
  ...HEALTH,
  triggers: { errorRate: { threshold: 500, windowMs: 10_000, minRequests: 20 } },
};
const probe = { path: '/ready', periodMs: 100, timeoutMs: 1_000, initialDelayMs: 0 };
const deploymentOf = (
  environment: Record<string, string>,
  replicas: number,
  more: Partial<DeploymentPlan>,
): DeploymentPlan =>
  deploymentPlan({
    configuration: {
      command: ['node', 'server.js'],
      replicas,
      environment,
      healthChecks: { readiness: probe, liveness: probe },
      startupTimeoutMs: 60_000,
    },
    smokeTest: { path: '/ready', expectStatus: 200, timeoutMs: 5_000 },
    strategy: BLUE_GREEN,
    bakeMs: 1_000,
    watch: HEALTH,
    drainTimeoutMs: 20_000,
    ...more,
  });

const sharesOf = ({ shares }: Shown) =>
  Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));

async function serves(lab: FaultLab, of: Service, version: string, replicas: number): Promise<void> {
  const [live, shown] = [await settled(lab, of, version, replicas), await of.shown()];
  const slot = live?.slot ?? '';
  expect(sharesOf(shown)).toEqual({ [slot]: FULL });
  expect(Object.keys(shown.slots)).toEqual([slot]);
  expect(shown.slots[slot]?.release).toBe(live?.release.digest);
  const answers = await Promise.all([0, 1, 2, 3].map(() => ask(shown.address, { path: '/version' })));
  expect(new Set(answers.map((a) => a.body.trim()))).toEqual(new Set([version]));
}

/** Users of it, until they are stopped. */
export const usersOf = async (shop: Service): Promise<Traffic> =>
  startTraffic({
    address: (await shop.shown()).address,
    paths: ['/'],
    rate: 40,
    versionHeader: 'x-version',
  });

/** The chain as it lies in the database. */
export async function auditIsWhole(lab: FaultLab): Promise<void> {
  const rows = await sql(
    lab.databaseUrl,
    'SELECT seq, previous, hash, entry FROM shipway.audit ORDER BY seq',
  );
  const chain = rows.map((r) => ({
    seq: Number(r['seq']),
    previous: String(r['previous']),
    hash: String(r['hash']),
    entry: JSON.parse(String(r['entry'])) as AuditEntry,
  }));
  expect(await verifyChain(chain)).toMatchObject({ ok: true, count: rows.length });
}
