import { beforeEach } from 'vitest';
import { openWorkflows } from '../support/open-workflows.js';
import { living, type FaultLab } from './lab.js';

const NEWEST = 8_000;

/** How far it has come: a test that ran out of its time says no more than that. */
async function toldOf({ namespace, client, worker, gateway }: FaultLab): Promise<string> {
  const log = await worker.log().catch(String);
  const open = await openWorkflows(client.temporal).catch(String);
  const targets = await gateway()
    .must('GET', '/targets')
    .then((found) => JSON.stringify(found), String);
  const died = `the worker died of: ${worker.deaths.join(', ') || 'nothing'}`;
  return [namespace, died, `open: ${open}`, `routed: ${targets}`, log.slice(-NEWEST)].join('\n');
}

beforeEach(({ onTestFailed, task }) => {
  onTestFailed(async () => {
    for (const lab of living) process.stderr.write(`when “${task.name}” failed, in ${await toldOf(lab)}\n`);
  });
});
