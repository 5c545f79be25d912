import { ApplicationFailure, TemporalFailure, condition, setHandler } from '@temporalio/workflow';
import { answered, expired, refusal, type GateState } from '../src/domain/gate.js';
import type { Accepted } from '../src/domain/messages.js';
import { malformed, type Statement } from '../src/domain/statement.js';
import * as messages from './messages.js';
import { control } from './profiles.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';

export interface Gates {
  /** Opens a gate and waits until it is closed by answers or by its expiry. Cancelling the scope leaves it without a verdict. */
  ask(gate: GateState): Promise<GateState>;
  /** Statements of the last closed gate that counted. */
  readonly statements: () => readonly Statement[];
}

/**
 * The one mechanism behind every question to people. Registers the handlers at once; `changed` is called whenever the open gate
 * or its answers change, with `undefined` when nothing is asked any more, and `note` with what became of a signal.
 */
export function createGates(
  subject: { readonly service: string; readonly environment: string; readonly version: string },
  changed: (gate: GateState | undefined) => void,
  note: (line: string) => void,
): Gates {
  let open: GateState | undefined;
  let counted: Statement[] = [];

  /** Shielded: cancelling the workflow cancels what it does, not the answer to a person; a failed signal handler would fail it all. */
  const take = async (statement: Statement): Promise<Accepted> => {
    const asked = open;
    if (asked === undefined) return { status: 'refused', message: 'nothing is waiting for an answer here' };
    const verified = await shielded(() => control.verifyStatement({ statement, gate: asked, ...subject }));
    if (verified.status === 'refused') return verified;
    const late = refusal(open, statement);
    if (late !== undefined || open === undefined)
      return { status: 'refused', message: late ?? 'the gate has closed' };
    open = answered(open, verified.answer);
    if (statement.verb === 'approve') counted.push(statement);
    changed(open);
    return { status: 'accepted', message: progress(open) };
  };

  const validator = (statement: Statement): void => {
    const why = malformed(statement) ?? refusal(open, statement);
    if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
  };
  const signalled = async (statement: Statement): Promise<void> => {
    const why = malformed(statement) ?? refusal(open, statement);
    try {
      const result = why === undefined ? await take(statement) : { status: 'refused', message: why };
      if (why !== undefined)
        await shielded(() => control.recordRefusal({ statement: describe(statement), why, ...subject }));
      note(`signal ${describe(statement)}: ${result.status}, ${result.message}`);
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      note(`signal ${describe(statement)}: could not be taken, ${reasonOf(error)}`);
    }
  };
  setHandler(messages.approve, take, {
    validator,
    description: 'Answer the open gate: yes. Takes a statement.',
  });
  setHandler(messages.reject, take, {
    validator,
    description: 'Answer the open gate: no. Takes a statement.',
  });
  setHandler(messages.approveSignal, signalled, {
    description: 'The same as the update, without an answer.',
  });
  setHandler(messages.rejectSignal, signalled, { description: 'The same as the update, without an answer.' });

  return {
    statements: () => counted,
    async ask(gate) {
      open = gate;
      counted = [];
      changed(open);
      try {
        const closed = () => open?.verdict !== 'open';
        if (gate.expiresAt === undefined) await condition(closed);
        else if (!(await condition(closed, Math.max(gate.expiresAt - Date.now(), 1)))) open = expired(open);
        return open;
      } finally {
        open = undefined;
        changed(undefined);
      }
    },
  };
}

const progress = (gate: GateState): string => {
  const have = new Set(gate.answers.filter((a) => a.verb === 'approve').map((a) => a.person)).size;
  return gate.verdict === 'open' ? `${String(have)} of ${String(gate.required)} approvals` : gate.verdict;
};
const describe = (statement: unknown): string => {
  const s = (statement ?? {}) as Partial<Statement>;
  return `${String(s.verb ?? 'of unknown form')} by ${String(s.person ?? 'nobody')}`.slice(0, 120);
};
