import type { GateState, Question } from './gate.js';
import type { Subject } from './ids.js';
import type { Incident, Verification } from './incident.js';
import { answerCommands } from './next.js';
import type { Event, Notice, Severity } from './notification.js';
import type { Outcome } from './outcome.js';
import type { Person } from './statement.js';
import type { DeploymentKind } from './store.js';

/** What a notice is of. */
export interface Written extends Subject {
  readonly workflow: string;
  /** ISO instant. */
  readonly at: string;
}

const ASKED: Readonly<Record<Question, Event>> = {
  approval: 'approval_asked',
  asked: 'approval_asked',
  parked: 'parked',
  paused: 'paused',
  undo_incomplete: 'undo_failed',
  stuck: 'stuck',
};
/** The event that the opening of a question is. */
export const eventOf = (question: Question): Event => ASKED[question];

const SEVERITIES: Readonly<Record<Event, Severity>> = {
  ...{ emergency: 'critical', undo_failed: 'critical' },
  ...{ parked: 'error', stuck: 'error', rolled_back: 'error', failed: 'error' },
  ...{ drift: 'warning', aborted: 'warning' },
  ...{ approval_asked: 'info', paused: 'info', shipped: 'info' },
};
const SAID: Readonly<Record<Event, string>> = {
  emergency: 'emergency',
  approval_asked: 'approval asked',
  paused: 'paused',
  parked: 'in doubt, a decision is asked',
  undo_failed: 'could not be undone, a decision is asked',
  stuck: 'cannot go on',
  rolled_back: 'rolled back',
  failed: 'failed',
  aborted: 'aborted',
  shipped: 'shipped',
  drift: 'not as recorded',
};

/** Of a question that has been opened, or still is when `again`. */
export function askedNotice(
  of: Written,
  { question, title, changes = [], required, decision, expiresAt }: Asked,
  again = false,
): Notice {
  const lines = [
    title,
    ...(required > 1 ? [`${String(required)} persons must approve`] : []),
    ...(expiresAt === undefined ? [] : [`it expires at ${new Date(expiresAt).toISOString()}`]),
    ...changes,
  ];
  const { workflow } = of;
  const commands = answerCommands(nameOf(workflow), { question, title, decision, workflow });
  return notice(of, ASKED[question], again ? STILL : '', lines, commands);
}
type Asked = Pick<GateState, 'question' | 'title' | 'changes' | 'required' | 'decision' | 'expiresAt'>;
const STILL = 'still waiting: ';

/** Of a question that was closed, however that was. */
export const closedNotice = (of: Written, { question, title, verdict, answers }: GateState): Notice => ({
  ...notice(of, ASKED[question], `${verdict}: `, [
    title,
    answers.length === 0 ? verdict : `${verdict}: ${answers.map((a) => `${a.verb} ${a.person}`).join(', ')}`,
  ]),
  closes: true,
});

/** Of the end of a deployment; one that brings an earlier release back and has done so is a way back. */
export function endNotice(of: Written, { outcome, reason, kind, by }: Ending): Notice | undefined {
  if (outcome !== 'rolled_back' && outcome !== 'failed' && outcome !== 'aborted' && outcome !== 'shipped')
    return undefined;
  const back = kind === 'rollback' && outcome === 'shipped';
  const lines = [reason, `asked for by ${by}`];
  return notice(of, back ? 'rolled_back' : outcome, back ? BACK_TO : '', lines, [
    `shipway status ${of.workflow}`,
  ]);
}
interface Ending {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly kind: DeploymentKind;
  readonly by: Person;
}
const BACK_TO = 'to an earlier release: ';

/** Of an incident that somebody has declared. */
export const incidentNotice = (of: Written, { severity, by, reason }: Incident): Notice => ({
  ...notice(
    of,
    'emergency',
    '',
    [reason, `declared by ${by}: traffic goes back to known good`],
    [`shipway audit --environment ${of.environment}`],
  ),
  severity,
});

/** Of what it has come to: over when what serves is well. */
export const verifiedNotice = (
  of: Written,
  { severity, by, reason }: Incident,
  { serves, unwell }: Verification,
): Notice =>
  unwell.length === 0
    ? { ...notice(of, 'emergency', 'over: ', [`${serves} serves, and is well`, reason]), closes: true }
    : {
        ...notice(of, 'emergency', 'not over: ', [
          `${serves} serves`,
          ...unwell,
          `declared by ${by}: ${reason}`,
        ]),
        severity,
      };

/** Of what is not as recorded; of nothing when it is again. */
export function driftNotice(of: Written, found: readonly string[]): Notice {
  if (found.length === 0)
    return { ...notice(of, 'drift', 'over: ', ['it is as recorded again']), closes: true };
  return notice(of, 'drift', '', found, ['shipway doctor']);
}

/** What a person may type is there however much there is to say. */
function notice(
  of: Written,
  event: Event,
  before: string,
  lines: readonly string[],
  commands: readonly string[] = [],
): Notice {
  const { service, version, environment, workflow, at } = of;
  const title = `${before}${SAID[event]}: ${service} ${version} → ${environment}`;
  const shown = lines.slice(0, MOST_LINES);
  const more = lines.length - shown.length;
  return {
    ...{ event, severity: SEVERITIES[event], service, environment, version, workflow, at },
    title: oneLine(title, MOST_TITLE),
    lines: [...shown, ...(more > 0 ? [`and ${String(more)} more`] : []), ...commands].map((line) =>
      oneLine(line, MOST_LINE),
    ),
  };
}
const MOST_TITLE = 200;
const MOST_LINE = 500;
const MOST_LINES = 20;

/** A text on one line, without characters that act instead of being seen, and no longer than `most`. */
export function oneLine(text: string, most: number): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const seen = Array.from(plain);
  return seen.length <= most ? plain : `${seen.slice(0, most - 1).join('')}…`;
}

/** What a person types of a workflow: of a run its own name is enough. */
const nameOf = (workflow: string): string => /^pipeline\/(.+)$/.exec(workflow)?.[1] ?? workflow;
