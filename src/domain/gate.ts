import type { Remind } from './notification.js';
import type { Digest } from './release.js';
import type { Person, Statement } from './statement.js';

/**
 * What a gate asks: may this go out; what shall become of a deployment in doubt; whether a paused one goes on; what its
 * strategy has a person say; what of an undo that
 * failed; whether what met an error that nobody foresaw is to try again now.
 */
export type Question = 'approval' | 'parked' | 'paused' | 'asked' | 'undo_incomplete' | 'stuck';

/** One answer that has been verified and counted. */
export interface Answer {
  readonly person: Person;
  readonly verb: 'approve' | 'reject';
  readonly at: string;
  readonly reason?: string;
}

/** What a verified statement answers; anything but a no is a yes here, because a gate takes nothing else. */
export function answerOf({ person, verb, at, reason }: Statement): Answer {
  return {
    person,
    verb: verb === 'reject' ? 'reject' : 'approve',
    at,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** `withdrawn`: nobody has answered, and what it was about has ended in another way. */
export type GateVerdict = 'open' | 'approved' | 'rejected' | 'expired' | 'withdrawn';

/** A gate while it is open and after: plain data, the same in workflow, memo, CLI and tests. */
export interface GateState {
  readonly id: string;
  readonly question: Question;
  /** One line for people: what is asked, and what each answer does. */
  readonly title: string;
  /** Of an approval: how the settings differ from what serves, a line each; of a first deployment, its secrets. Absent: in nothing. */
  readonly changes?: readonly string[];
  readonly decision: Digest;
  readonly required: number;
  /** Epoch milliseconds; absent: it waits until answered. */
  readonly expiresAt?: number;
  /** When people are told again that it waits; absent: never. */
  readonly remind?: Remind;
  /** Who asked for the run, and who may therefore not approve it (unless the policy allows it). */
  readonly barred: readonly Person[];
  readonly answers: readonly Answer[];
  readonly verdict: GateVerdict;
}

/** Why `statement` cannot be taken by `gate`, or `undefined` when it can. Structural only: who signed is verified by an activity. */
export const refusal = (gate: GateState | undefined, statement: Statement): string | undefined =>
  unanswerable(gate, statement) ?? barred(gate, statement);

/** The part of it that is nobody's fault, so that a validator may turn it away without a trace. */
export function unanswerable(gate: GateState | undefined, statement: Statement): string | undefined {
  if (gate === undefined) return 'nothing is waiting for an answer here';
  if (gate.verdict !== 'open') return `the gate is closed: ${gate.verdict}`;
  if (statement.verb !== 'approve' && statement.verb !== 'reject')
    return `a gate takes approve or reject, not ${statement.verb}`;
  if (statement.on !== gate.decision)
    return `the answer is for decision ${short(statement.on)}, the gate asks for ${short(gate.decision)}; look at the run again and answer what it asks now`;
  if (gate.answers.some((a) => a.person === statement.person && a.verb === statement.verb))
    return `${statement.person} has answered already`;
  return undefined;
}

const barred = (gate: GateState | undefined, { person, verb }: Statement): string | undefined =>
  verb === 'approve' && gate?.barred.includes(person) === true
    ? `${person} asked for this run and may not approve it (self_approval is false); another person must`
    : undefined;

/** How many persons have said yes. */
export const approvalsOf = ({ answers }: Pick<GateState, 'answers'>): number =>
  new Set(answers.filter((a) => a.verb === 'approve').map((a) => a.person)).size;

/** Who said no. */
export const refuserOf = ({ answers }: Pick<GateState, 'answers'>): Answer | undefined =>
  answers.find((a) => a.verb === 'reject');

/** The gate after a verified answer. One reject closes it; approvals count distinct persons. */
export function answered(gate: GateState, answer: Answer): GateState {
  if (gate.verdict !== 'open') return gate;
  const answers = [...gate.answers, answer];
  const enough = approvalsOf({ answers }) >= gate.required;
  const verdict: GateVerdict = answer.verb === 'reject' ? 'rejected' : enough ? 'approved' : 'open';
  return { ...gate, answers, verdict };
}

export const expired = (gate: GateState): GateState =>
  gate.verdict === 'open' ? { ...gate, verdict: 'expired' } : gate;

export const withdrawn = (gate: GateState): GateState =>
  gate.verdict === 'open' ? { ...gate, verdict: 'withdrawn' } : gate;

const short = (digest: string): string => digest.slice(0, 12);
