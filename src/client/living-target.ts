import { WithStartWorkflowOperation, type Workflow } from '@temporalio/client';
import { QUEUES, targetId, type TargetRef } from '../domain/ids.js';

/** Starts the entity of a target, unless it lives, beside what it is told. */
export const livingTarget = ({ service, environment }: TargetRef): WithStartWorkflowOperation<Workflow> =>
  new WithStartWorkflowOperation('target', {
    workflowId: targetId({ service, environment }),
    taskQueue: QUEUES.control,
    args: [{ service, environment }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `${service} in ${environment}: lock, queue and memory`,
  });
