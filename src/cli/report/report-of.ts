import type { ChainVerdict } from '../../audit-chain.js';
import type { RunStatus, DeploymentStatus } from '../../client.js';
import type { ChainedEntry } from '../../domain/audit.js';
import { evidenceOf } from '../../domain/releases.js';
import type { Digest } from '../../domain/release.js';
import type { DeploymentRow, ReleaseRow } from '../../domain/store.js';
import type { DeploymentView } from '../../domain/view.js';
import { aboutDeployment, aboutRun } from './about.js';
import { toldBy } from './decisions.js';
import type { AuditReport, DeploymentReport, Report } from './model.js';
import { sharesOf } from './shares.js';
import type { Watched } from './watched.js';

/** All that a report is made of, as Temporal and the store have it. */
export interface Gathered {
  /** Of a run. Its status is absent when Temporal has forgotten it. */
  readonly run?: { readonly service: string; readonly run: string; readonly status?: RunStatus };
  /** Oldest first. */
  readonly deployments: readonly GatheredDeployment[];
  /** In the order of the chain. */
  readonly entries: readonly ChainedEntry[];
  readonly flawed: readonly number[];
  readonly chain?: ChainVerdict;
  /** Of the release's commit, newest first. */
  readonly releases: readonly ReleaseRow[];
  /** The instant of all this. */
  readonly at: string;
  /** shipway's own. */
  readonly made: string;
}
export interface GatheredDeployment {
  readonly row: DeploymentRow;
  /** Absent when Temporal has forgotten it. */
  readonly status?: DeploymentStatus;
  readonly watched: Watched;
}

const MOST_ENTRIES = 800;

/** The report of what was gathered. */
export function reportOf(gathered: Gathered): Report {
  const { run, deployments, entries, at, made } = gathered;
  const { gates, asked } = toldBy(entries);
  const about = run === undefined ? aboutDeployment(deployments) : aboutRun(run, entries, deployments);
  return {
    about,
    stages: run?.status?.run.stages ?? [],
    decisions: gates,
    asked,
    deployments: deployments.map((d) => deploymentOf(d, entries)),
    evidence: about.release === undefined ? [] : evidenceFor(about.release, gathered.releases),
    audit: auditOf(gathered),
    missing: missingFrom(gathered, about.outcome !== undefined),
    made: { at, version: made },
  };
}

const evidenceFor = (digest: Digest, rows: readonly ReleaseRow[]): Report['evidence'] =>
  evidenceOf(rows.filter(({ release }) => release.digest === digest));

function deploymentOf(
  { row, status, watched }: GatheredDeployment,
  entries: readonly ChainedEntry[],
): DeploymentReport {
  const { id, environment, kind, release, replaces, requestedBy, plan } = row;
  const { startedAt, endedAt, outcome, reason } = row;
  return {
    ...{ id, environment, kind, version: release.version },
    ...(replaces === undefined ? {} : { replaces: replaces.version }),
    ...{ requestedBy, strategy: plan.strategy, startedAt },
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    shares: sharesOf(row, entries),
    triggers: plan.watch.triggers,
    intervalMs: plan.watch.intervalMs,
    watched,
    timeline: timelineOf(status?.deployment),
  };
}

const timelineOf = (view: DeploymentView | undefined): DeploymentView['timeline'] => view?.timeline ?? [];

function auditOf({ entries, flawed, chain }: Gathered): AuditReport {
  const leftOut = Math.max(0, entries.length - MOST_ENTRIES);
  const shown = [...entries];
  shown.splice(MOST_ENTRIES / 2, leftOut);
  return { entries: shown, leftOut, flawed, ...(chain === undefined ? {} : { chain }) };
}

function missingFrom({ run, deployments, entries }: Gathered, ended: boolean): readonly string[] {
  const forgotten = deployments.filter((d) => d.status === undefined).map(({ row }) => row.id);
  const unseen = deployments.filter(({ row, watched }) => row.kind === 'deploy' && watched.samples === 0);
  const shipped = run?.status?.run.deployment;
  return [
    ...(run !== undefined && run.status === undefined
      ? ['the stages as they were shown: Temporal has forgotten this run; the audit has their events']
      : []),
    ...(forgotten.length === 0
      ? []
      : [`the story of ${forgotten.join(', ')}: Temporal has forgotten it; the audit has its events`]),
    ...(shipped !== undefined && !deployments.some(({ row }) => row.id === shipped)
      ? [`${shipped}: the store does not know it`]
      : []),
    ...unseen.map(
      ({ row }) =>
        `samples of ${row.id}: the store has none${ended ? ', because it was not watched or they were removed' : ' yet'}`,
    ),
    ...(entries.length === 0 ? ['audit entries: the store has none'] : []),
  ];
}
