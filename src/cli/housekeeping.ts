import { housekeepingRows } from '../domain/details.js';
import type { HousekeepingView } from '../domain/housekeeping.js';
import { withClient } from './context.js';
import { columns, progress, result } from './output.js';
import type { Command } from './table.js';

/** `shipway housekeeping`: what the schedule does by itself, now; or what it would remove. */
export const housekeeping: Command = async (values) =>
  withClient(values, async (client) => {
    const view = await client.housekeep({ dryRun: values['dry-run'] === true });
    for (const host of view.unanswered)
      progress(`nobody answered for host ${host}: what is there is looked at the next time`, values);
    for (const { what, why } of view.failed ?? [])
      progress(`could not look after ${what}: ${why}; it is tried again the next time`, values);
    if (view.dryRun)
      progress('content that only these records name goes with them, and is not counted yet', values);
    result(values, { housekeeping: view }, linesOf(view));
    return 0;
  });

const linesOf = (view: HousekeepingView): readonly string[] => [
  ...columns([['WHAT', view.dryRun ? 'WOULD GO' : 'REMOVED', 'SIZE', 'OLD, AND KEPT'], ...rowsOf(view)]),
  ...view.drift.flatMap(({ target, what }) => what.map((one) => `! ${target}: ${one}`)),
];

const rowsOf = (view: HousekeepingView): readonly (readonly string[])[] =>
  housekeepingRows(view).map((row) => row.map((cell) => cell || '-'));
