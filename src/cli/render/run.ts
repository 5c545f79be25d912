import { percent } from '../../domain/details.js';
import type { DeploymentView, RunView, StageState, StageView, WaitingFor } from '../../domain/view.js';
import { printable } from '../output.js';

const MARKS: Readonly<Record<StageState, string>> = {
  pending: '·',
  running: '▶',
  waiting: '?',
  passed: '✓',
  failed: '✗',
  allowed_failure: '!',
  skipped: '-',
};
const BAR = 20;

/** What `status` and `watch` show, line by line: pure, so that it is tested against texts. */
export function renderRun(
  status: {
    readonly run: RunView;
    readonly deployment?: DeploymentView;
    readonly workers?: { readonly count: number; readonly lastSeen?: string };
  },
  now: number,
): readonly string[] {
  const { run, deployment, workers } = status;
  return [
    `${run.service} ${run.version} → ${run.environment}   run ${run.run}, by ${run.requestedBy}${run.identity === undefined ? '' : ` (${run.identity})`}`,
    '',
    ...run.stages.map((s) => stageLine(s, now)),
    ...(deployment === undefined ? [] : ['', ...deploymentLines(deployment, now)]),
    ...waitingLines(run.waitingFor ?? deployment?.waitingFor, run, now),
    ...(run.outcome === undefined
      ? workerLines(workers)
      : ['', `${run.outcome.replace('_', ' ')}: ${printable(run.reason ?? '')}`]),
  ];
}

function stageLine(stage: StageView, now: number): string {
  const { name, state, startedAt, endedAt, note } = stage;
  const took = startedAt === undefined ? '' : seconds((endedAt ?? now) - startedAt);
  return `  ${MARKS[state]} ${name.padEnd(12)}${took.padStart(8)}  ${printable(note ?? '')}`.trimEnd();
}

function deploymentLines(d: DeploymentView, now: number): readonly string[] {
  const next =
    d.nextAt !== undefined && d.nextAt > now && d.outcome === undefined
      ? `, next step in ${seconds(d.nextAt - now)}`
      : '';
  return [
    `  ${d.kind} by ${d.strategy}, replaces ${d.replaces ?? 'nothing'}: ${d.phase}${next}${d.address === undefined ? '' : `   ${d.address}`}`,
    ...Object.entries(d.shares).map(
      ([slot, share]) =>
        `    ${slot.padEnd(6)} ${bar(share)} ${percent(share).padStart(6)}${slot === d.candidate ? `  ${d.version}` : `  ${d.replaces ?? ''}`}`,
    ),
    ...(d.verdict === undefined ? [] : [`    ${d.verdict.kind}: ${printable(d.verdict.reason)}`]),
    ...d.timeline.slice(-5).map((t) => `    ${clock(t.at)}  ${printable(t.what)}`),
  ];
}

function waitingLines(w: WaitingFor | undefined, run: RunView, now: number): readonly string[] {
  if (w === undefined || run.outcome !== undefined) return [];
  const count = w.required === undefined ? '' : ` (${String(w.have ?? 0)} of ${String(w.required)})`;
  const left = w.expiresAt === undefined ? '' : `, for ${seconds(w.expiresAt - now)} more`;
  return [
    '',
    `waiting for ${w.question}${count}${left}: ${printable(w.title)}`,
    `  shipway approve ${run.run}`,
    `  shipway reject ${run.run} --reason "…"`,
  ];
}

const workerLines = (
  workers: { readonly count: number; readonly lastSeen?: string } | undefined,
): readonly string[] =>
  workers === undefined || workers.count > 0
    ? []
    : [
        '',
        `no worker polls${workers.lastSeen === undefined ? '' : ` since ${workers.lastSeen}`}: the run goes on when one is started`,
      ];

const bar = (share: number): string => '█'.repeat(Math.round((share / 10_000) * BAR)).padEnd(BAR, '░');
const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);

export function seconds(ms: number): string {
  const s = Math.max(Math.round(ms / 1000), 0);
  if (s < 120) return `${String(s)} s`;
  return s < 7200 ? `${String(Math.round(s / 60))} min` : `${String(Math.round(s / 3600))} h`;
}
