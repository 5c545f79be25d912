// The workflows as one file of code that Temporal's sandbox runs.
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { ROOT } from './lib.js';

const workflows = join(ROOT, 'workflows/index.ts');

/** Our modules keep nothing of a workflow (lint sees to that), so a worker evaluates them once and not for every run: 1 to 2 ms each. */
export async function bundleWorkflows(logger) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: workflows,
    preloadModules: [workflows],
    logger,
  });
  return code;
}
