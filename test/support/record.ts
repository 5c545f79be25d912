import { mkdirSync, writeFileSync } from 'node:fs';
import type { WorkflowHandle } from '@temporalio/client';
import { historyText } from '../../scripts/history.js';

export const HISTORIES = new URL('../replay/histories/', import.meta.url);

/** With RECORD=1, keeps how a workflow of a test ran as `<workflow>-<case>.json`, for the replay test, without what is this machine's; otherwise nothing. */
export async function record(name: string, handle: WorkflowHandle): Promise<void> {
  if (process.env['RECORD'] !== '1') return;
  mkdirSync(HISTORIES, { recursive: true });
  writeFileSync(new URL(`${name}.json`, HISTORIES), historyText(await handle.fetchHistory()));
}
