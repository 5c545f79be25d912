import { chainHash, verifyChain, type ChainVerdict } from '../../audit-chain.js';
import { ALL_DAYS as DAYS, type ApiClient } from '../../client/api.js';
import { CommandError } from '../../client/failure.js';
import type { RunStatus, ShipwayClient } from '../../client.js';
import type { ChainedEntry } from '../../domain/audit.js';
import { pipelineId, targetId } from '../../domain/ids.js';
import type { DeploymentRow } from '../../domain/store.js';
import type { RunReference } from '../reference.js';
import { packageVersion } from '../../paths.js';
import { ofDeployments } from './own-entries.js';
import type { Gathered, GatheredDeployment } from './report-of.js';
import { watching } from './watched.js';

/** Where a report's facts are. */
export interface Sources {
  readonly client: ShipwayClient;
  readonly api: ApiClient;
  /** Recompute the whole chain. */
  readonly verify: boolean;
}
const DAY_MS = 86_400_000;
/** Lines of all deployments of a report together, so that the page stays small. */
const MOST_FOLDS = 1_000;
const FEWEST_FOLDS = 100;

/** Of a run that Temporal or the store knows. Fails with `CommandError`. */
export async function gatherRun(sources: Sources, { service, run }: RunReference): Promise<Gathered> {
  const { client, api } = sources;
  const workflow = pipelineId(service, run);
  const [status, own, rows] = await Promise.all([
    client.status(service, run).catch(ifForgotten),
    api.audit({ workflow, days: DAYS }),
    api.history({ service, run, days: DAYS }),
  ]);
  if (status === undefined && own.length === 0 && rows.length === 0)
    throw new CommandError(
      `neither Temporal nor the store knows a run ${service}/${run}`,
      'see `shipway list`',
      1,
      undefined,
      'not_found',
    );
  const commit = commitOf(status, own, rows);
  return {
    run: { service, run, ...(status === undefined ? {} : { status }) },
    ...(await gathered(sources, rows, own, run)),
    releases: commit === undefined ? [] : await api.releases(service, commit),
  };
}

function commitOf(
  status: RunStatus | undefined,
  entries: readonly ChainedEntry[],
  rows: readonly DeploymentRow[],
): string | undefined {
  const made = entries.map(({ entry }) => entry.details['commit']).find((c) => typeof c === 'string');
  return status?.run.commit ?? rows[0]?.release.commit ?? (typeof made === 'string' ? made : undefined);
}

/** Of a deployment, which may belong to no run. Fails with `CommandError` when the store does not know it. */
export async function gatherDeployment(sources: Sources, id: string): Promise<Gathered> {
  const rows = await sources.api.history({ id, days: DAYS });
  const [row] = rows;
  if (row === undefined)
    throw new CommandError(`the store knows no ${id}`, 'see `shipway history`', 1, undefined, 'not_found');
  const { service, commit } = row.release;
  return {
    ...(await gathered(sources, rows, [], undefined)),
    releases: await sources.api.releases(service, commit),
  };
}

async function gathered(
  sources: Sources,
  rows: readonly DeploymentRow[],
  own: readonly ChainedEntry[],
  run: string | undefined,
): Promise<Omit<Gathered, 'releases' | 'run'>> {
  const oldest = rows.toReversed();
  const folds = Math.max(FEWEST_FOLDS, Math.floor(MOST_FOLDS / Math.max(oldest.length, 1)));
  const deployments: GatheredDeployment[] = [];
  for (const row of oldest) deployments.push(await deploymentOf(sources, row, folds));
  const around = await entriesAround(sources.api, oldest, run);
  const entries = [...own, ...around].toSorted((a, b) => a.seq - b.seq);
  const { flawed, chain } = await verified(sources, entries);
  const at = new Date().toISOString();
  return {
    ...{ deployments, entries, flawed, at, made: packageVersion() },
    ...(chain === undefined ? {} : { chain }),
  };
}

async function deploymentOf(
  { client, api }: Sources,
  row: DeploymentRow,
  folds: number,
): Promise<GatheredDeployment> {
  const status = await client.deployment(row.id).catch(ifForgotten);
  const watch = watching(folds);
  for await (const sample of api.samples(row.id)) watch.add(sample);
  return { row, ...(status === undefined ? {} : { status }), watched: watch.end() };
}

/** What Temporal does not know any more. */
export function ifForgotten(error: unknown): undefined {
  if (error instanceof CommandError && error.kind === 'not_found') return undefined;
  throw error;
}

/** What the deployments and their targets have written. */
async function entriesAround(
  api: ApiClient,
  rows: readonly DeploymentRow[],
  run: string | undefined,
): Promise<readonly ChainedEntry[]> {
  const [first] = rows;
  if (first === undefined) return [];
  // A day more than it is old: the clock that has written it may not be this one.
  const days = Math.ceil((Date.now() - Date.parse(first.startedAt)) / DAY_MS) + 1;
  const of = (workflow: string, since: number) => api.audit({ workflow, days: Math.max(since, 1) });
  const targets = [...new Set(rows.map(targetId))];
  const [own, theirs] = await Promise.all([
    Promise.all(rows.map(({ id }) => of(id, DAYS))),
    Promise.all(targets.map((target) => of(target, days))),
  ]);
  return [...own.flat(), ...theirs.flatMap((entries) => ofDeployments(entries, rows, run))];
}

/** Whether each entry has the hash of its content and, where that is asked for, stands so in a chain that is whole. */
async function verified(
  { api, verify }: Sources,
  entries: readonly ChainedEntry[],
): Promise<{ readonly flawed: readonly number[]; readonly chain?: ChainVerdict }> {
  const flawed = new Set(
    entries.filter((c) => chainHash(c.previous, c.entry) !== c.hash).map(({ seq }) => seq),
  );
  if (!verify) return { flawed: [...flawed] };
  const elsewhere = new Map(entries.map(({ seq, hash }) => [seq, hash]));
  const chain = await verifyChain(comparing(await api.chain(), elsewhere));
  // What was not met in the chain as it is shown here is still in the map.
  if (chain.ok) for (const seq of elsewhere.keys()) flawed.add(seq);
  return { flawed: [...flawed].toSorted((a, b) => a - b), chain };
}

async function* comparing(
  chain: AsyncIterable<ChainedEntry>,
  elsewhere: Map<number, string>,
): AsyncIterable<ChainedEntry> {
  for await (const chained of chain) {
    if (elsewhere.get(chained.seq) === chained.hash) elsewhere.delete(chained.seq);
    yield chained;
  }
}
