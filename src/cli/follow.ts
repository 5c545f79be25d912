import type { RunStatus, ShipwayClient } from '../client.js';
import { exitCodeOf } from '../domain/outcome.js';
import { progress, result } from './output.js';
import { renderRun } from './render/run.js';
import type { Values } from './table.js';

const LOOK_MS = 500;
const INTERRUPTED = 130;

/** Shows a run until its outcome. Ctrl-C ends the looking, never the run, and says how to come back. */
export async function follow(
  client: ShipwayClient,
  service: string,
  run: string,
  values: Values,
): Promise<number> {
  let interrupted = false;
  process.once('SIGINT', () => (interrupted = true));
  let shown: readonly string[] = [];
  for (;;) {
    const status = await client.status(service, run);
    const lines = renderRun(status, Date.now());
    shown = show(lines, shown);
    const { outcome, reason } = status.run;
    if (outcome !== undefined) {
      result(values, statusJson(status), [`${run} ${outcome}: ${reason ?? ''}`]);
      return exitCodeOf(outcome);
    }
    if (status.temporal.status !== 'RUNNING') return endedWithout(run, status, values);
    if (interrupted) {
      progress(`\n${run} goes on. Look again with: shipway watch ${run}`);
      return INTERRUPTED;
    }
    await new Promise((r) => setTimeout(r, LOOK_MS));
  }
}

export const statusJson = ({ workflow, run, deployment, temporal, workers }: RunStatus) => ({
  workflow,
  run,
  ...(deployment === undefined ? {} : { deployment }),
  temporal,
  workers,
});

/** Terminated from outside: it could not write an outcome any more. */
function endedWithout(run: string, status: RunStatus, values: Values): number {
  result(values, statusJson(status), [
    `${run} was ended in Temporal (${status.temporal.status}) without an outcome`,
  ]);
  return 1;
}

/** On a terminal the picture is drawn over the last one; elsewhere only what is new is said. */
function show(lines: readonly string[], before: readonly string[]): readonly string[] {
  if (process.stderr.isTTY) {
    if (before.length > 0) process.stderr.write(`\x1b[${String(before.length)}A\x1b[J`);
    process.stderr.write(`${lines.join('\n')}\n`);
    return lines;
  }
  const steady = (line: string): string => line.replace(/\s+\d+ (s|min|h)\b/g, '');
  const known = new Set(before.map(steady));
  for (const line of lines) if (line.trim() !== '' && !known.has(steady(line))) progress(line);
  return [...before, ...lines];
}
