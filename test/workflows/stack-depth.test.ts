import { expect, test } from 'vitest';
import { labOfFile } from '../support/lab.js';
import { pipelineInput, plan } from '../support/plans.js';

const lab = await labOfFile();
const MOST_LINES = 4;

test('who asks Temporal where a workflow waits is told by few lines for each promise, and they name the place and who waits there', async () => {
  const input = pipelineInput(plan('v1', { service: 'stack-depth' }));
  const handle = await lab.start(input);
  await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
  const promises = (await handle.query<string>('__stack_trace')).split('\n\n').map((of) => of.split('\n'));
  await handle.terminate('seen');
  expect(promises.filter((lines) => lines.length > MOST_LINES)).toEqual([]);
  const waits = promises.filter(([place = '', by = '']) => [place, by].every((l) => l.includes('/gate.ts:')));
  expect(waits).not.toEqual([]);
});
