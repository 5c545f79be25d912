import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { GoBack, Withdrawal } from '../src/domain/inputs.js';
import { MESSAGES, type Accepted } from '../src/domain/messages.js';
import type { Statement } from '../src/domain/statement.js';
import type { AdoptRequest, DeployRequest, RollbackRequest, TargetAnswer } from '../src/domain/target.js';

/** A person's answer to the open gate. The update tells what became of it; the signal's fate is in audit and details. */
export const approve = defineUpdate<Accepted, [Statement]>(MESSAGES.approve);
export const reject = defineUpdate<Accepted, [Statement]>(MESSAGES.reject);
export const approveSignal = defineSignal<[Statement]>(MESSAGES.approve);
export const rejectSignal = defineSignal<[Statement]>(MESSAGES.reject);

/** A person's wish to stop a run and undo what it did. */
export const abort = defineUpdate<Accepted, [Statement]>(MESSAGES.abort);

/** Pipeline → target: deploy this when it is its turn. The same answer for every repeat. */
export const request = defineUpdate<TargetAnswer, [DeployRequest]>(MESSAGES.request);
/** Pipeline → target: a request is no longer wanted. */
export const withdraw = defineUpdate<TargetAnswer, [Withdrawal]>(MESSAGES.withdraw);
/** A person → target: go back. */
export const rollback = defineUpdate<TargetAnswer, [RollbackRequest]>(MESSAGES.rollback);

/** A person → target: what serves is live. */
export const adopt = defineUpdate<Accepted, [AdoptRequest]>(MESSAGES.adopt);

/** A person's wish for a deployment on its way forward. */
export const steering = {
  pause: defineUpdate<Accepted, [Statement]>(MESSAGES.pause),
  promote: defineUpdate<Accepted, [Statement]>(MESSAGES.promote),
  skip: defineUpdate<Accepted, [Statement]>(MESSAGES.skip),
};

/** Target → deployment. */
export const goBack = defineSignal<[GoBack]>(MESSAGES.goBack);
/** Target → deployment, a hint only: who waits for the end of its bake has changed. */
export const queueChanged = defineSignal(MESSAGES.queueChanged);
/** Housekeeping → target, a hint only: read again what the record says of drift. */
export const lookedAt = defineSignal(MESSAGES.lookedAt);
/** Target → pipeline, a hint only: ask again. */
export const outcome = defineSignal<[{ requestId: string }]>(MESSAGES.outcome);

export const view = defineQuery<unknown>(MESSAGES.view);
