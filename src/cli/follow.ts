import { CommandError } from '../client/failure.js';
import type { RunStatus, ShipwayClient } from '../client.js';
import { exitCodeOf } from '../domain/outcome.js';
import { INTERRUPTED, interruption, pause } from './interrupt.js';
import { printable, progress } from './output.js';
import type { RunReference } from './reference.js';
import { renderRun } from './render/run.js';
import type { Values } from './table.js';

const LOOK_MS = 500;
/** So long a server may be away before looking at it is given up; the run goes on all the same. */
const PATIENCE_MS = 10 * 60_000;

/** Shows a run until its end. `undefined`: Ctrl-C ended the looking, never the run, and it was said how to come back. */
export async function followed(
  client: ShipwayClient,
  of: RunReference,
  values: Values,
): Promise<RunStatus | undefined> {
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
  progress(`\n${of.run} goes on. Look again with: shipway watch ${of.run}`);
  return undefined;
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

/** The exit code of what was followed. */
export const exitOf = (status: RunStatus | undefined): number =>
  status === undefined ? INTERRUPTED : status.run.outcome === undefined ? 1 : exitCodeOf(status.run.outcome);

/** The last line of a run: how it ended and why. */
export function endLine({ run, temporal }: RunStatus): string {
  if (run.outcome === undefined)
    return `${run.run} was ended in Temporal (${temporal.status.toLowerCase()}) before it could write an outcome`;
  return `${run.run} ${run.outcome.replaceAll('_', ' ')}: ${run.reason ?? ''}`;
}

/** On a terminal the picture is drawn over the last one; elsewhere only what is new is said. */
function show(lines: readonly string[], before: readonly string[], values: Values): readonly string[] {
  const { isTTY, columns, rows } = process.stderr;
  if (isTTY) {
    const fit = lines.slice(-(rows - 1)).map((line) => [...printable(line)].slice(0, columns - 1).join(''));
    if (before.length > 0) process.stderr.write(`\x1b[${String(before.length)}A\x1b[J`);
    progress(fit.join('\n'), values);
    return fit;
  }
  const known = new Set(before.map(steady));
  for (const line of lines) if (line.trim() !== '' && !known.has(steady(line))) progress(line, values);
  return [...new Set([...before, ...lines])];
}

/** A line without the times in it, which change although nothing has happened. */
const steady = (line: string): string =>
  line.replace(/,? *(?:next step in|for)? *\d+ (?:s|min|h|d)\b(?: more)?/g, '');
