import { workflowInfo } from '@temporalio/workflow';
import { approvalsOf, type GateState } from '../src/domain/gate.js';
import type { WaitingFor } from '../src/domain/view.js';

/** `view` with the line about the open gate, or without one. */
export function asking<View extends { waitingFor?: WaitingFor }>(
  view: View,
  gate: GateState | undefined,
): View {
  const next: View & { waitingFor?: WaitingFor } = { ...view };
  delete next.waitingFor;
  return gate === undefined ? next : { ...next, waitingFor: waitingFor(gate, workflowInfo().workflowId) };
}

/** The one "waiting for" line of every view. */
function waitingFor(gate: GateState, workflow: string): WaitingFor {
  return {
    question: gate.question,
    title: gate.title,
    ...(gate.changes === undefined ? {} : { changes: gate.changes }),
    decision: gate.decision,
    have: approvalsOf(gate),
    required: gate.required,
    ...(gate.expiresAt === undefined ? {} : { expiresAt: gate.expiresAt }),
    workflow,
  };
}
