import { CommandError } from '../client/failure.js';
import type { RunStatus, ShipwayClient } from '../client.js';
import { FAILURES, isFailureType } from '../domain/failures.js';
import { exitCodeOf } from '../domain/outcome.js';
import { interrupted, interruption, pause } from './interrupt.js';
import { printable, progress } from './output.js';
import type { RunReference } from './reference.js';
import { outcomeOf, renderRun } from './render/run.js';
import type { Values } from './table.js';

const LOOK_MS = 500;
/** So long a server may be away before looking at it is given up; the run goes on all the same. */
const PATIENCE_MS = 10 * 60_000;

/** Shows a run until its end. Ctrl-C ends the looking, never the run: then it fails as interrupted and says how to come back. */
export async function followed(client: ShipwayClient, of: RunReference, values: Values): Promise<RunStatus> {
  const { signal, done } = interruption();
  const look = patient(() => client.status(of.service, of.run), values);
  let shown: readonly string[] = [];
  try {
    while (!signal.aborted) {
      const status = await look();
      if (status !== undefined) {
        shown = show(renderRun(status, Date.now(), { commands: false }), shown, values);
        if (status.run.outcome !== undefined || status.temporal.status !== 'RUNNING') return status;
      }
      await pause(LOOK_MS, signal);
    }
  } finally {
    done();
  }
  throw interrupted(`${of.run} goes on`, `look again with: shipway watch ${of.run}`);
}

/** Looks; `undefined` while the server does not answer and there is still hope. */
function patient(look: () => Promise<RunStatus>, values: Values): () => Promise<RunStatus | undefined> {
  let silentSince: number | undefined;
  return async () => {
    try {
      const status = await look();
      silentSince = undefined;
      return status;
    } catch (error) {
      const passing =
        error instanceof CommandError && (error.kind === 'unreachable' || error.kind === 'unanswered');
      if (!passing || Date.now() - (silentSince ?? Date.now()) > PATIENCE_MS) throw error;
      if (silentSince === undefined) progress(`${error.message}; it is asked again`, values);
      silentSince ??= Date.now();
      return undefined;
    }
  };
}

/** The exit code of what was followed: also of a run that failed because it was refused. */
export function exitOf({ run: { outcome, failure = '' } }: RunStatus): number {
  const refused = isFailureType(failure) && FAILURES[failure].exit === REFUSED;
  if (refused) return REFUSED;
  return outcome === undefined ? 1 : exitCodeOf(outcome);
}
const REFUSED = 3;

/** The last line of a run: how it ended and why. */
export function endLine({ run, temporal }: RunStatus): string {
  if (run.outcome === undefined)
    return `${run.run} was ended in Temporal (${temporal.status.toLowerCase()}) before it could write an outcome`;
  return `${run.run} ${outcomeOf(run)}: ${run.reason ?? ''}`;
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
/** A line without the times and counts in it, which change although nothing has happened. */
export const steady = (line: string): string =>
  line.replace(LOOKED, '$1').replace(/,? *(?:next step in|for)? *\d+ (?:s|min|h|d)\b(?: more)?/g, '');
