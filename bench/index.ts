import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/paths.js';
import { commandLine } from './command-line.js';
import { embeddedTemporal } from './embedded-temporal.js';
import { judgement } from './judgement.js';
import { isShort, type Row } from './measure.js';
import { sevenStages } from './seven-stages.js';
import { longBake } from './long-bake.js';
import { lost } from './lost.js';
import { parked } from './parked.js';
import { peers } from './peers.js';
import { rollback } from './rollback.js';
import { traffic } from './traffic.js';
import { workerStart } from './worker-start.js';

/** Ratios measured in one run against their budgets; names on the command line choose some. Exit code 1 when one is short. */
const BENCHES: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  stages: sevenStages,
  temporal: embeddedTemporal,
  cli: commandLine,
  worker: workerStart,
  parked,
  bake: longBake,
  rollback,
  traffic,
  lost,
  judgement,
  peers,
};

async function main(asked: readonly string[]): Promise<number> {
  const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) {
    process.stderr.write(
      `there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`,
    );
    return 2;
  }
  const rows: Row[] = [];
  let failed = false;
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    process.stderr.write(`measuring ${name}\n`);
    try {
      const measured = await bench();
      for (const row of measured) process.stdout.write(`${lineOf(row)}\n`);
      rows.push(...measured);
    } catch (error) {
      // What others measure is worth its minutes all the same.
      failed = true;
      process.stdout.write(
        `failed ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
  }
  const folder = join(packageRoot(), '.cache');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'bench.json'),
    `${JSON.stringify({ schema: 1, at: new Date().toISOString(), rows }, null, 2)}\n`,
  );
  process.stderr.write('written to .cache/bench.json\n');
  return failed || rows.some(isShort) ? 1 : 0;
}

function lineOf(row: Row): string {
  const { name, value, unit, budget, better, detail } = row;
  const state = budget === undefined ? '     ' : isShort(row) ? 'short' : 'ok   ';
  const bar =
    budget === undefined ? '' : `budget ${better === 'less' ? '≤' : '≥'} ${String(budget)} ${unit}; `;
  return `${state}  ${name}: ${value.toFixed(2)} ${unit} (${bar}${detail})`;
}

process.exitCode = await main(process.argv.slice(2));
