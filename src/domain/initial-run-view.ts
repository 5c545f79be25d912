import { environmentsOf, firstOf } from './environments.js';
import type { PipelineInput } from './inputs.js';
import type { RunView } from './view.js';

/** A run as it is before its workflow has written anything: so that `status` answers from its first moment. */
export const initialRunView = ({ run, plan, planHash, requestedBy }: PipelineInput): RunView => ({
  run,
  service: plan.service,
  environment: firstOf(plan),
  ...(plan.through === undefined ? {} : { environments: environmentsOf(plan) }),
  version: plan.version,
  commit: plan.commit,
  planHash,
  requestedBy,
  stages: plan.stages.map(({ name, kind, inEnvironment }) => ({
    name,
    kind,
    state: 'pending',
    ...(inEnvironment === undefined ? {} : { environment: inEnvironment }),
  })),
});
