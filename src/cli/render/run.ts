import type { RunStatus } from '../../client.js';
import { wayText } from '../../domain/environments.js';
import type { RunView, StageState, StageView } from '../../domain/view.js';
import type { Measure } from '../measuring.js';
import { oneLine } from '../output.js';
import { deploymentLines } from './deployment.js';
import { evidenceLines } from './evidence.js';
import { nextCommands, waitingOf } from '../../domain/next.js';
import { endedInTemporal, openLines, outcomeOf, typeLines } from './open.js';
import { lengthOf } from './text.js';

/** A stage's state at a glance. */
export const MARKS: Readonly<Record<StageState, string>> = {
  pending: '·',
  running: '▶',
  waiting: '?',
  passed: '✓',
  failed: '✗',
  allowed_failure: '!',
  skipped: '-',
  reused: '=',
};
const SHORT_HASH = 12;
const NARROWEST = 12;

/** What `status` and `watch` show, line by line: pure, so that it is tested against texts. */
export function renderRun(
  status: RunStatus & { readonly measured?: readonly Measure[] },
  now: number,
  { uiUrl, commands = true }: { readonly uiUrl?: string; readonly commands?: boolean } = {},
): readonly string[] {
  const { run, deployment } = status;
  const over = run.outcome === undefined ? endedInTemporal(status) : undefined;
  const asked = waitingOf(status);
  return [
    `${run.service} ${run.version} → ${wayText(run)}   run ${run.run}, by ${oneLine(run.requestedBy)}${run.identity === undefined ? '' : ` (${run.identity})`}`,
    `commit ${run.commit.slice(0, SHORT_HASH)}, plan ${run.planHash.slice(0, SHORT_HASH)}`,
    '',
    ...run.stages.map((s) => stageLine(s, now, widestOf(run))),
    ...knownLines(run),
    ...(deployment === undefined ? [] : ['', ...deploymentLines(deployment, now, status.measured)]),
    ...(run.outcome === undefined ? [] : ['', `${outcomeOf(run)}: ${oneLine(run.reason ?? '')}`]),
    ...sinceLines(status),
    ...behindLines(status),
    ...driftLines(status),
    ...(run.outcome === undefined || asked !== undefined ? openLines(status, asked, now) : []),
    ...(over !== undefined
      ? ['', over]
      : commands || asked?.decision !== undefined
        ? typeLines(nextCommands(status))
        : []),
    ...(uiUrl === undefined ? [] : ['', uiUrl]),
  ];
}

/** What is known of what it ships. */
const knownLines = (run: RunView): readonly string[] =>
  run.evidence === undefined ? [] : ['', 'evidence:', ...evidenceLines(run.evidence, widestOf(run))];

const behindLines = ({ behind = [] }: RunStatus): readonly string[] =>
  behind.length === 0
    ? []
    : [
        '',
        ...behind.map(
          ({ run, version, by }) => `behind it waits ${version} of run ${run}, by ${oneLine(by)}`,
        ),
      ];

const sinceLines = ({ since = [] }: RunStatus): readonly string[] =>
  since.map(({ environment, live }) => `by now ${oneLine(live)} is live in ${environment}`);

const driftLines = ({ drift = [] }: RunStatus): readonly string[] =>
  drift.flatMap(({ environment, what }) => [
    '',
    `${environment} is not as recorded: ${what.map(oneLine).join('; ')}`,
  ]);

/** Of the column with the names. */
const widestOf = ({ stages }: RunView): number =>
  Math.max(NARROWEST, ...stages.map(({ name }) => name.length + 1));

function stageLine(stage: StageView, now: number, width: number): string {
  const { name, state, startedAt, endedAt, note } = stage;
  const took = startedAt === undefined ? '' : lengthOf((endedAt ?? now) - startedAt);
  return `  ${MARKS[state]} ${oneLine(name).padEnd(width)}${took.padStart(8)}  ${oneLine(note ?? '')}`.trimEnd();
}
