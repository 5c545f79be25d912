import type { GateState } from '../src/domain/gate.js';
import type { WaitingFor } from '../src/domain/view.js';

/** The one "waiting for" line of every view. */
export function waitingFor(gate: GateState, workflow: string): WaitingFor {
  return {
    question: gate.question,
    title: gate.title,
    decision: gate.decision,
    have: new Set(gate.answers.filter((a) => a.verb === 'approve').map((a) => a.person)).size,
    required: gate.required,
    ...(gate.expiresAt === undefined ? {} : { expiresAt: gate.expiresAt }),
    workflow,
  };
}
