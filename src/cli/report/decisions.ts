import type { AuditEntry, ChainedEntry } from '../../domain/audit.js';
import type { Json } from '../../domain/canonical.js';
import { clipped } from '../../domain/cut.js';
import type { GateVerdict, Question } from '../../domain/gate.js';
import type { GateRecord, Said } from './model.js';

interface Told {
  readonly gates: readonly GateRecord[];
  /** Statements that answer no gate. */
  readonly asked: readonly Said[];
}

/** Each gate with its answers, and what people asked for beside them, out of audit entries in their order. */
export function toldBy(entries: readonly ChainedEntry[]): Told {
  const gates: GateRecord[] = [];
  const asked: Said[] = [];
  for (const { entry } of entries) {
    const { event_type: event, workflow, details } = entry;
    if (event === 'gate.opened') gates.push(opened(entry));
    else if (event === 'gate.closed') change(gates, workflow, details['decision'], closed(entry));
    else if (event.startsWith('statement.')) {
      const said = saidIn(entry);
      const answers = (gate: GateRecord): GateRecord => ({ ...gate, answers: [...gate.answers, said] });
      if (!change(gates, workflow, entry.statement?.on, answers)) asked.push(said);
    }
  }
  return { gates, asked };
}

/** The newest gate that asks for this decision; `false` when there is none. */
function change(
  gates: GateRecord[],
  workflow: string,
  decision: Json | undefined,
  to: (gate: GateRecord) => GateRecord,
): boolean {
  const i = gates.findLastIndex((g) => g.workflow === workflow && g.decision === decision);
  const gate = gates[i];
  if (gate === undefined) return false;
  gates[i] = to(gate);
  return true;
}

function opened({ workflow, environment, timestamp, details }: AuditEntry): GateRecord {
  const { title, required } = details;
  return {
    question: textOf(details['question']) as Question,
    decision: textOf(details['decision']),
    ...(title === undefined ? {} : { title: textOf(title) }),
    ...{ workflow, environment },
    ...(typeof required === 'number' ? { required } : {}),
    ...{ openedAt: timestamp, verdict: 'open', answers: [] },
  };
}

const closed =
  ({ timestamp, details }: AuditEntry) =>
  (gate: GateRecord): GateRecord => ({
    ...gate,
    closedAt: timestamp,
    verdict: textOf(details['verdict']) as GateVerdict,
  });

/** A signal that was refused before it was read has no statement. */
function saidIn({ user, timestamp, workflow, event_type, statement, details }: AuditEntry): Said {
  const reason = statement?.reason;
  return {
    person: statement?.person ?? user,
    verb: statement?.verb ?? textOf(details['statement']),
    at: timestamp,
    ...(reason === undefined ? {} : { reason }),
    signature: statement?.signature ?? 'none',
    ...(event_type === 'statement.refused' ? { refused: clipped(textOf(details['why'])) } : {}),
    workflow,
  };
}

const textOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
