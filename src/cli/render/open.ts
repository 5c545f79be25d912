import type { RunStatus } from '../../client.js';
import type { Question } from '../../domain/gate.js';
import type { RunView, WaitingFor } from '../../domain/view.js';
import { oneLine } from '../output.js';
import { lengthOf } from './text.js';

/** A run or a deployment that has not ended. */
type Open = Pick<RunStatus, 'temporal' | 'workers'>;

/** What holds it up: what it waits for, what is tried again, that nobody works. */
export const openLines = (status: Open, waiting: WaitingFor | undefined, now: number): readonly string[] => [
  ...waitingLines(waiting, now),
  ...troubleLines(status),
  ...workerLines(status.workers),
];

/** What Temporal says of one that is over and could not write how; `undefined` while it is open. */
export const endedInTemporal = ({ temporal }: Pick<RunStatus, 'temporal'>): string | undefined =>
  temporal.status === 'RUNNING'
    ? undefined
    : `ended in Temporal (${temporal.status.toLowerCase()}) before it could write an outcome${temporal.why === undefined ? '' : `: ${oneLine(temporal.why)}`}`;

/** How it ended, and by which row of the failure table. */
export const outcomeOf = ({ outcome, failure }: Pick<RunView, 'outcome' | 'failure'>): string =>
  `${outcome?.replaceAll('_', ' ') ?? ''}${failure === undefined ? '' : ` (${failure})`}`;

/** What to type now. */
export const typeLines = (commands: readonly string[]): readonly string[] =>
  commands.length === 0 ? [] : ['', 'next:', ...commands.map((c) => `  ${c}`)];

const ASKED: Readonly<Record<Question, string>> = {
  approval: 'approval',
  parked: 'a decision about a deployment in doubt',
  paused: 'a word to go on',
  asked: 'an answer that the strategy asks for',
  undo_incomplete: 'a decision about what could not be undone',
  stuck: 'a word to try again now',
};

/** What an approval changes of the settings of what serves. */
export const changeLines = ({ changes = [] }: Pick<WaitingFor, 'changes'>): readonly string[] =>
  changes.map((line) => `  ${oneLine(line)}`);

function waitingLines(w: WaitingFor | undefined, now: number): readonly string[] {
  if (w === undefined) return [];
  const count = w.required === undefined ? '' : ` (${String(w.have ?? 0)} of ${String(w.required)})`;
  const left = w.expiresAt === undefined ? '' : `, for ${lengthOf(w.expiresAt - now)} more`;
  return ['', `waiting for ${ASKED[w.question]}${count}${left}: ${oneLine(w.title)}`, ...changeLines(w)];
}

/** What Temporal tries again, and why. */
function troubleLines({ temporal }: Open): readonly string[] {
  const tried = temporal.pending.filter((p) => p.attempt > 1 && p.lastFailure !== undefined);
  return tried.flatMap((p) => [
    '',
    `${p.type} is tried again (attempt ${String(p.attempt)}): ${oneLine(p.lastFailure ?? '')}`,
  ]);
}

const workerLines = ({ count, lastSeen }: Open['workers']): readonly string[] =>
  count > 0
    ? []
    : [
        '',
        `no worker polls${lastSeen === undefined ? '' : ` since ${lastSeen}`}: the run goes on when one is started (\`shipway worker\`)`,
      ];
