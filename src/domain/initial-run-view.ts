import type { PipelineInput } from './inputs.js';
import type { RunView } from './view.js';

/** A run as it is before its workflow has written anything: so that `status` answers from its first moment. */
export const initialRunView = ({ run, plan, planHash, requestedBy }: PipelineInput): RunView => ({
  run,
  service: plan.service,
  environment: plan.environment,
  version: plan.version,
  commit: plan.commit,
  planHash,
  requestedBy,
  stages: plan.stages.map((s) => ({ name: s.name, kind: s.kind, state: 'pending' })),
});
