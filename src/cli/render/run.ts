import type { RunStatus } from '../../client.js';
import type { Question } from '../../domain/gate.js';
import type { RunView, StageState, StageView, WaitingFor } from '../../domain/view.js';
import { oneLine } from '../output.js';
import { deploymentLines } from './deployment.js';
import { nextCommands, waitingOf } from '../../domain/next.js';
import { lengthOf } from './text.js';

const MARKS: Readonly<Record<StageState, string>> = {
  pending: '·',
  running: '▶',
  waiting: '?',
  passed: '✓',
  failed: '✗',
  allowed_failure: '!',
  skipped: '-',
};
const SHORT_HASH = 12;

/** What `status` and `watch` show, line by line: pure, so that it is tested against texts. */
export function renderRun(
  status: RunStatus,
  now: number,
  { uiUrl, commands = true }: { readonly uiUrl?: string; readonly commands?: boolean } = {},
): readonly string[] {
  const { run, deployment, temporal } = status;
  const open = run.outcome === undefined;
  return [
    `${run.service} ${run.version} → ${run.environment}   run ${run.run}, by ${oneLine(run.requestedBy)}${run.identity === undefined ? '' : ` (${run.identity})`}`,
    `commit ${run.commit.slice(0, SHORT_HASH)}, plan ${run.planHash.slice(0, SHORT_HASH)}`,
    '',
    ...run.stages.map((s) => stageLine(s, now)),
    ...(deployment === undefined ? [] : ['', ...deploymentLines(deployment, now)]),
    ...(open ? openLines(status, now) : ['', `${outcomeOf(run)}: ${oneLine(run.reason ?? '')}`]),
    ...(open && temporal.status !== 'RUNNING'
      ? ['', `ended in Temporal (${temporal.status.toLowerCase()}) before it could write an outcome`]
      : commands || waitingOf(status)?.decision !== undefined
        ? typeLines(status)
        : []),
    ...(uiUrl === undefined ? [] : ['', uiUrl]),
  ];
}

/** How it ended, and by which row of the failure table. */
export const outcomeOf = ({ outcome, failure }: RunView): string =>
  `${outcome?.replaceAll('_', ' ') ?? ''}${failure === undefined ? '' : ` (${failure})`}`;

function stageLine(stage: StageView, now: number): string {
  const { name, state, startedAt, endedAt, note } = stage;
  const took = startedAt === undefined ? '' : lengthOf((endedAt ?? now) - startedAt);
  return `  ${MARKS[state]} ${oneLine(name).padEnd(12)}${took.padStart(8)}  ${oneLine(note ?? '')}`.trimEnd();
}

const openLines = (status: RunStatus, now: number): readonly string[] => [
  ...waitingLines(waitingOf(status), now),
  ...troubleLines(status),
  ...workerLines(status.workers),
];

const ASKED: Readonly<Record<Question | 'target', string>> = {
  approval: 'approval',
  parked: 'a decision about a deployment in doubt',
  undo_incomplete: 'a decision about what could not be undone',
  target: 'its turn',
};

function waitingLines(w: WaitingFor | undefined, now: number): readonly string[] {
  if (w === undefined) return [];
  const count = w.required === undefined ? '' : ` (${String(w.have ?? 0)} of ${String(w.required)})`;
  const left = w.expiresAt === undefined ? '' : `, for ${lengthOf(w.expiresAt - now)} more`;
  return ['', `waiting for ${ASKED[w.question]}${count}${left}: ${oneLine(w.title)}`];
}

/** What Temporal tries again, and why. */
function troubleLines({ temporal }: RunStatus): readonly string[] {
  const tried = temporal.pending.filter((p) => p.attempt > 1 && p.lastFailure !== undefined);
  return tried.flatMap((p) => [
    '',
    `${p.type} is tried again (attempt ${String(p.attempt)}): ${oneLine(p.lastFailure ?? '')}`,
  ]);
}

const workerLines = ({ count, lastSeen }: RunStatus['workers']): readonly string[] =>
  count > 0
    ? []
    : [
        '',
        `no worker polls${lastSeen === undefined ? '' : ` since ${lastSeen}`}: the run goes on when one is started (\`shipway worker\`)`,
      ];

function typeLines(status: RunStatus): readonly string[] {
  const commands = nextCommands(status);
  return commands.length === 0 ? [] : ['', 'next:', ...commands.map((c) => `  ${c}`)];
}
