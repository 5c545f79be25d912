import { CommandError } from '../client/failure.js';
import type { DeploymentStatus, RunStatus, ShipwayClient } from '../client.js';
import { wasRefused } from '../domain/failures.js';
import { REFUSED, exitCodeOf } from '../domain/outcome.js';
import type { DeploymentView, RunView } from '../domain/view.js';
import { interrupted, interruption, pause } from './interrupt.js';
import type { Measure, Measuring } from './measuring.js';
import { printable, progress } from './output.js';
import { PATIENCE_MS, patient } from './patience.js';
import type { RunReference } from './reference.js';
import { renderDeployment } from './render/deployment.js';
import { endedInTemporal, outcomeOf } from './render/open.js';
import { renderRun } from './render/run.js';
import type { Values } from './table.js';

const LOOK_MS = 500;

/** What can be followed to its end. */
export interface Followed<Status> {
  readonly name: string;
  /** `undefined`: there is nothing to see yet. */
  readonly look: () => Promise<Status | undefined>;
  readonly lines: (status: Status) => readonly string[];
  readonly isOver: (status: Status) => boolean;
}

/** Shows it until its end; `seen` is told of each look at something, the last one included. Ctrl-C ends the looking and nothing else: then it fails as interrupted and says how to come back. */
export async function followed<Status>(
  { name, look, lines, isOver }: Followed<Status>,
  values: Values,
  seen: (status: Status) => void = () => undefined,
): Promise<Status> {
  const { signal, done } = interruption();
  const patiently = patient(look, values);
  let shown: readonly string[] = [];
  try {
    while (!signal.aborted) {
      const status = await patiently();
      if (status !== undefined) {
        shown = show(lines(status), shown, values);
        seen(status);
        if (isOver(status)) return status;
      }
      await pause(LOOK_MS, signal);
    }
  } finally {
    done();
  }
  throw interrupted(`${name} goes on`, `look again with: shipway watch ${name}`);
}

/** What is followed, with what is measured of it; absent: nothing is. */
type Seen<Status> = Status & { readonly measured?: readonly Measure[] };
const withMeasures = async <Status extends { readonly deployment?: DeploymentView }>(
  status: Status,
  measures: Measuring | undefined,
): Promise<Seen<Status>> => {
  const measured = (await measures?.(status.deployment)) ?? [];
  return measured.length === 0 ? status : { ...status, measured };
};

export const runToFollow = (
  client: ShipwayClient,
  { service, run }: RunReference,
  measures?: Measuring,
): Followed<Seen<RunStatus>> => ({
  name: run,
  look: async () => withMeasures(await client.status(service, run), measures),
  lines: (status) => renderRun(status, Date.now(), { commands: false }),
  isOver: ({ run: { outcome }, temporal }) => outcome !== undefined || temporal.status !== 'RUNNING',
});

export const deploymentToFollow = (
  client: ShipwayClient,
  name: string,
  measures?: Measuring,
): Followed<Seen<DeploymentStatus>> => ({
  name,
  look: async () => withMeasures(await client.deployment(name), measures),
  lines: (status) => renderDeployment(status, Date.now()),
  isOver: ({ deployment: { outcome }, temporal }) => outcome !== undefined || temporal.status !== 'RUNNING',
});

/** The same for one that may not have been started yet: a target names it as soon as it means to. */
export function deploymentToCome(
  client: ShipwayClient,
  name: string,
  measures?: Measuring,
): Followed<Seen<DeploymentStatus>> {
  const there = deploymentToFollow(client, name, measures);
  // What admits it waits for the database; one that is refused then never comes.
  const until = Date.now() + PATIENCE_MS;
  const look = (): Promise<Seen<DeploymentStatus> | undefined> =>
    there.look().catch((error: unknown) => {
      const missing = error instanceof CommandError && error.kind === 'not_found';
      if (!missing || Date.now() > until) throw error;
      return undefined;
    });
  return { ...there, look };
}

/** The exit code of what was followed: also of what failed because it was refused. */
export function exitOf({ outcome, failure }: Pick<RunView, 'outcome' | 'failure'>): number {
  if (wasRefused(failure)) return REFUSED;
  return outcome === undefined ? 1 : exitCodeOf(outcome);
}
/** The last line of what was followed: how it ended and why. */
export function endLine(
  name: string,
  ended: Pick<RunView, 'outcome' | 'failure' | 'reason'>,
  status: Parameters<typeof endedInTemporal>[0],
): string {
  if (ended.outcome === undefined) return `${name} was ${endedInTemporal(status) ?? ''}`;
  return `${name} ${outcomeOf(ended)}: ${ended.reason ?? ''}`;
}

/** On a terminal the picture is drawn over the last one; elsewhere only what is new is said. */
function show(lines: readonly string[], before: readonly string[], values: Values): readonly string[] {
  if (process.stderr.isTTY) return draw(lines, before, values);
  const known = new Set(before.map(steady));
  for (const line of lines) if (line.trim() !== '' && !known.has(steady(line))) progress(line, values);
  return lines;
}

const COLUMNS = 80;
const ROWS = 24;

/** A terminal of unknown size says 0. */
function draw(lines: readonly string[], before: readonly string[], values: Values): readonly string[] {
  const { columns, rows } = process.stderr;
  const fit = lines
    .slice(-((rows || ROWS) - 1))
    .map((line) => [...printable(line)].slice(0, (columns || COLUMNS) - 1).join(''));
  if (fit.join('\n') === before.join('\n')) return before;
  if (before.length > 0) process.stderr.write(`\x1b[${String(before.length)}A\x1b[J`);
  progress(fit.join('\n'), values);
  return fit;
}

const LOOKED = /^( +(?:pass|fail|inconclusive|unavailable)): .*/;
/** Of what is measured, the verdict and what of. */
const MEASURED = /^( {4}[✓✗?!] \S+(?: \S+)*) {2,}.*/;
/** A line without the times and counts in it, which change although nothing has happened. */
export const steady = (line: string): string =>
  line
    .replace(LOOKED, '$1')
    .replace(MEASURED, '$1')
    .replace(/,? *(?:next step in|for)? *\d+ (?:s|min|h|d)\b(?: more)?/g, '');
