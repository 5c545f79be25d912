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
  subject: Subject,
  changed: (gate: GateState | undefined) => void,
  note: (line: string) => void,
): Gates {
  const desk: Desk = { subject, changed, note, counted: [] };
  const validator = (statement: Statement): void => {
    const why = malformed(statement) ?? refusal(desk.open, statement);
    if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
  };
  const answer = (statement: Statement): Promise<Accepted> => take(desk, statement);
  const signal = (statement: Statement): Promise<void> => signalled(desk, statement);
  const silent = 'The same as the update, without an answer.';
  setHandler(messages.approve, answer, {
    validator,
    description: 'Answer the open gate: yes. Takes a statement.',
  });
  setHandler(messages.reject, answer, {
    validator,
    description: 'Answer the open gate: no. Takes a statement.',
  });
  setHandler(messages.approveSignal, signal, { description: silent });
  setHandler(messages.rejectSignal, signal, { description: silent });
  return { statements: () => desk.counted, ask: (gate) => ask(desk, gate) };
}

interface Subject {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
}
/** What the handlers and the question share. */
interface Desk {
  readonly subject: Subject;
  readonly changed: (gate: GateState | undefined) => void;
  readonly note: (line: string) => void;
  open?: GateState;
  counted: Statement[];
}

async function ask(desk: Desk, gate: GateState): Promise<GateState> {
  desk.open = gate;
  desk.counted = [];
  desk.changed(gate);
  try {
    const closed = () => desk.open?.verdict !== 'open';
    if (gate.expiresAt === undefined) await condition(closed);
    else {
      const left = Math.max(gate.expiresAt - Date.now(), 1);
      if (!(await condition(closed, left, { summary: 'until the question expires' })))
        desk.open = expired(desk.open);
    }
    return desk.open;
  } finally {
    delete desk.open;
    desk.changed(undefined);
  }
}

/** Shielded: cancelling the workflow cancels what it does, not the answer to a person; a failed signal handler would fail it all. */
async function take(desk: Desk, statement: Statement): Promise<Accepted> {
  const { subject, open: asked } = desk;
  if (asked === undefined) return { status: 'refused', message: 'nothing is waiting for an answer here' };
  const verified = await shielded(() => control.verifyStatement({ statement, gate: asked, ...subject }));
  if (verified.status === 'refused') return verified;
  const late = refusal(desk.open, statement);
  if (late !== undefined || desk.open === undefined)
    return { status: 'refused', message: late ?? 'the gate has closed' };
  const open = (desk.open = answered(desk.open, verified.answer));
  if (statement.verb === 'approve') desk.counted.push(statement);
  desk.changed(open);
  return { status: 'accepted', message: progress(open) };
}

async function signalled(desk: Desk, statement: Statement): Promise<void> {
  const why = malformed(statement) ?? refusal(desk.open, statement);
  const said = describe(statement);
  try {
    const result = why === undefined ? await take(desk, statement) : { status: 'refused', message: why };
    if (why !== undefined)
      await shielded(() => control.recordRefusal({ statement: said, why, ...desk.subject }));
    desk.note(`signal ${said}: ${result.status}, ${result.message}`);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    desk.note(`signal ${said}: could not be taken, ${reasonOf(error)}`);
  }
}

const progress = (gate: GateState): string => {
  const have = new Set(gate.answers.filter((a) => a.verb === 'approve').map((a) => a.person)).size;
  return gate.verdict === 'open' ? `${String(have)} of ${String(gate.required)} approvals` : gate.verdict;
};
const describe = (statement: unknown): string => {
  const s = (statement ?? {}) as Partial<Statement>;
  return `${String(s.verb ?? 'of unknown form')} by ${String(s.person ?? 'nobody')}`.slice(0, 120);
};
