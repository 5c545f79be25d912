import type { WithStartWorkflowOperation, Workflow } from '@temporalio/client';
import { QUEUES, targetId, type TargetRef } from '../domain/ids.js';
import { temporalPackage } from '../temporal-package.js';

const temporal = temporalPackage('@temporalio/client');

/** Starts the entity of a target, unless it lives, beside what it is told. */
export const livingTarget = ({ service, environment }: TargetRef): WithStartWorkflowOperation<Workflow> =>
  new temporal.WithStartWorkflowOperation('target', {
    workflowId: targetId({ service, environment }),
    taskQueue: QUEUES.control,
    args: [{ service, environment }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `${service} in ${environment}: lock, queue and memory`,
  });
