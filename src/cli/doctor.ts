import { checkApi } from './doctor/api.js';
import { checkMachine } from './doctor/machine.js';
import { checkTemporal } from './doctor/temporal.js';
import { configurationIfAny } from './configuration-file.js';
import { result } from './output.js';
import type { Command } from './table.js';

const MARKS = { ok: '✓ ok   ', short: '! short', fail: '✗ fail ' } as const;

/** `shipway doctor`: everything is looked at, also when something before it is wrong. Exit code 1 when anything fails. */
export const doctor: Command = async (values) => {
  await configurationIfAny(values);
  const checks = (await Promise.all([checkMachine(), checkTemporal(values), checkApi(values)])).flat();
  const width = Math.max(...checks.map((c) => c.name.length)) + 2;
  const ok = checks.every((c) => c.state !== 'fail');
  const lines = checks.flatMap((c) => [
    `${MARKS[c.state]}  ${c.name.padEnd(width)}${c.detail}`,
    ...(c.next === undefined ? [] : [`           next: ${c.next}`]),
  ]);
  result(values, { ok, checks }, lines);
  return ok ? 0 : 1;
};
