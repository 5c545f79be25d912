import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  TemporalFailure,
  condition,
  isCancellation,
  patched,
  setHandler,
  sleep,
  uuid4,
} from '@temporalio/workflow';
import {
  answered,
  approvalsOf,
  expired,
  refusal,
  unanswerable,
  withdrawn,
  type GateState,
} from '../src/domain/gate.js';
import type { Subject } from '../src/domain/ids.js';
import { remindAfter } from '../src/domain/notification.js';
import type { Accepted } from '../src/domain/messages.js';
import { malformed, type Statement } from '../src/domain/statement.js';
import type { Later } from './later.js';
import * as messages from './messages.js';
import { answeringBeside, control } from './profiles.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';
import { verified } from './verified.js';

export interface Gates {
  /**
   * Opens a gate (one that asks nobody is closed by that, and recorded so), waits until it is closed by answers or by its expiry, and
   * has its end recorded: a yes before anything follows from it.
   * Cancelling the scope withdraws the question at once; the store is told as soon as it answers.
   */
  ask(opening: () => Promise<GateState>): Promise<GateState>;
  /** Statements of the last closed gate that counted. */
  readonly statements: () => readonly Statement[];
}

/** What a gate is asked about, and whom it tells. */
export interface Asking {
  readonly subject: () => Subject;
  /** Called whenever the open gate or its answers change, with `undefined` when nothing is asked any more. */
  readonly changed: (gate: GateState | undefined) => void;
  /** What became of a signal. */
  readonly note: (line: string) => void;
  readonly later: Later;
  /** Nothing of this workflow goes back at once, so that an answer is recorded beside it, which spares rounds through a queue. */
  readonly unhurried?: boolean;
}

/** The one mechanism behind every question to people. Registers the handlers at once. */
export function createGates(asking: Asking): Gates {
  const desk: Desk = { ...asking, counted: [] };
  const validator = (statement: Statement): void => {
    const why = malformed(statement) ?? unanswerable(desk.open, statement);
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
  return { statements: () => desk.counted, ask: (opening) => ask(desk, opening) };
}

/** What the handlers and the question share. */
interface Desk extends Asking {
  open?: GateState;
  /** The one before, as it was closed: what is late for it is told so, whichever of the two came first. */
  closed?: GateState;
  /** What the gate is about that is open, or was last. */
  about?: Subject;
  counted: Statement[];
}

async function ask(desk: Desk, opening: () => Promise<GateState>): Promise<GateState> {
  const { later } = desk;
  const subject = (desk.about = desk.subject());
  const close = (gate: GateState): Promise<void> => shielded(() => recordEnd(desk, { ...subject, gate }));
  // Opened half-way it would be asked in the audit alone, so opening is not cancelled, only not waited for.
  const opened = shielded(opening);
  const asked = await unlessCancelled(opened).catch((error: unknown) => {
    if (isCancellation(error))
      later.add(opened.then((gate) => (gate.verdict === 'open' ? close(withdrawn(gate)) : undefined)));
    throw error;
  });
  if (asked.verdict !== 'open') return asked;
  const gate = await answeredOrNot(desk, asked);
  const closing = close(gate);
  later.add(closing);
  if (gate.verdict === 'withdrawn') throw new CancelledFailure('the question was withdrawn');
  if (gate.verdict === 'approved' && gate.question !== 'undo_incomplete') await unlessCancelled(closing);
  return gate;
}

/** Tried in two ways it is one end. */
const recordEnd = (desk: Desk, end: Subject & { readonly gate: GateState }): Promise<void> =>
  isBeside(desk) ? answeringBeside.closeGate({ ...end, once: uuid4() }) : control.closeGate(end);

/** A run of before has all of it in its history as activities of a queue. */
const isBeside = ({ unhurried }: Desk): boolean => unhurried === true && patched('answers-beside');

const unlessCancelled = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([work, CancellationScope.current().cancelRequested]);

async function answeredOrNot(desk: Desk, gate: GateState): Promise<GateState> {
  desk.open = gate;
  desk.counted = [];
  desk.changed(gate);
  const reminding = new CancellationScope();
  reminding.run(() => reminded(desk, gate)).catch(() => undefined);
  try {
    const closed = () => desk.open?.verdict !== 'open';
    if (gate.expiresAt === undefined) await condition(closed);
    else {
      const left = Math.max(gate.expiresAt - Date.now(), 1);
      if (!(await condition(closed, left, { summary: 'until the question expires' })))
        desk.open = expired(desk.open);
    }
    return desk.open;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return (desk.open = withdrawn(desk.open));
  } finally {
    reminding.cancel();
    desk.closed = desk.open;
    delete desk.open;
    desk.changed(undefined);
  }
}

/** Has people told again that the question waits, for as long as it does. Nothing waits for that. */
async function reminded(desk: Desk, { remind }: GateState): Promise<void> {
  // A run that opened its question before there were reminders has none of these timers in its history.
  if (remind === undefined || !patched('reminders')) return;
  const opened = Date.now();
  do {
    await sleep(remindAfter(remind, Date.now() - opened), { summary: 'until people are told again' });
    const { open: gate, about } = desk;
    if (gate === undefined || about === undefined) return;
    desk.later.add(shielded(() => control.remindOfGate({ ...about, gate })));
  } while (remind.repeats);
}

/** Shielded: cancelling the workflow cancels what it does, not the answer to a person; a failed signal handler would fail it all. */
async function take(desk: Desk, statement: Statement): Promise<Accepted> {
  const { subject, about, open: asked, later } = desk;
  if (asked === undefined) return { status: 'refused', message: 'nothing is waiting for an answer here' };
  // A no to these sends users back, which waits for no store.
  const goesBack = ['parked', 'paused', 'asked'].includes(asked.question) && statement.verb === 'reject';
  const result = await verified(
    { statement, gate: asked, ...(about ?? subject()) },
    goesBack ? later : undefined,
    isBeside(desk) ? answeringBeside : control,
  );
  if (result.status === 'refused') return result;
  const late = refusal(desk.open ?? desk.closed, statement);
  if (late !== undefined || desk.open === undefined) {
    const why = late ?? 'the gate has closed';
    later.add(recorded(desk, statement, why));
    return { status: 'refused', message: why };
  }
  const open = (desk.open = answered(desk.open, result.answer));
  if (statement.verb === 'approve') desk.counted.push(statement);
  desk.changed(open);
  return { status: 'accepted', message: progress(open) };
}

const recorded = ({ subject, about }: Desk, statement: Statement, why: string): Promise<void> =>
  shielded(() => control.recordRefusal({ statement: describe(statement), why, ...(about ?? subject()) }));

async function signalled(desk: Desk, statement: Statement): Promise<void> {
  const why = malformed(statement) ?? unanswerable(desk.open, statement);
  const said = describe(statement);
  try {
    const result = why === undefined ? await take(desk, statement) : { status: 'refused', message: why };
    if (why !== undefined) await recorded(desk, statement, why);
    desk.note(`signal ${said}: ${result.status}, ${result.message}`);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    desk.note(`signal ${said}: could not be taken, ${reasonOf(error)}`);
  }
}

const progress = (gate: GateState): string =>
  gate.verdict === 'open'
    ? `${String(approvalsOf(gate))} of ${String(gate.required)} approvals`
    : gate.verdict;
const describe = (statement: unknown): string => {
  const s = (statement ?? {}) as Partial<Statement>;
  return `${String(s.verb ?? 'of unknown form')} by ${String(s.person ?? 'nobody')}`.slice(0, 120);
};
