import type { DeploymentView, RunView, TargetView, WaitingFor } from './view.js';

/** Markdown for Temporal's current details: a small table, the state, and what is waited for. No secrets can be in a view. */
export function runDetails(view: RunView): string {
  const rows = view.stages.map((s) => `| ${s.name} | ${s.state} | ${cell(s.note ?? '')} |`);
  return [
    `**${view.service} ${view.version} → ${view.environment}**, asked for by ${view.requestedBy}`,
    '',
    '| stage | state | |',
    '|---|---|---|',
    ...rows,
    '',
    ...waitingLines(view.waitingFor),
    ...endLines(view),
  ].join('\n');
}

export function deploymentDetails(view: DeploymentView): string {
  const shares = Object.entries(view.shares).map(([slot, share]) => `${slot} ${percent(share)}`);
  return [
    `**${view.service} ${view.version}** replaces ${view.replaces ?? 'nothing'} in ${view.environment} by ${view.strategy}`,
    '',
    '| phase | traffic | verdict |',
    '|---|---|---|',
    `| ${view.phase} | ${shares.join(', ') || 'none'} | ${cell(view.verdict === undefined ? '' : `${view.verdict.kind}: ${view.verdict.reason}`)} |`,
    '',
    ...waitingLines(view.waitingFor),
    ...endLines(view),
    ...view.timeline.slice(-12).map((t) => `- ${new Date(t.at).toISOString()} ${cell(t.what)}`),
  ].join('\n');
}

export function targetDetails(view: TargetView): string {
  return [
    `**${view.service} in ${view.environment}**: live ${view.live ?? 'nothing'}, known good ${view.knownGood ?? 'nothing'}`,
    '',
    `Running: ${view.running ?? 'nothing'}`,
    ...view.queue.map((q, i) => `${String(i + 1)}. waits: ${q.version} (${q.requestId}, ${q.by})`),
    ...view.holdMarks.map((m) => `- held: ${m}`),
  ].join('\n');
}

/** Basis points as people read them. */
export const percent = (share: number | undefined): string => `${String((share ?? 0) / 100)} %`;

const waitingLines = (w: WaitingFor | undefined): string[] =>
  w === undefined
    ? []
    : [
        `**Waiting for** ${cell(w.title)}${w.required === undefined ? '' : ` (${String(w.have ?? 0)} of ${String(w.required)})`}`,
        '',
      ];
const endLines = (v: { outcome?: string; reason?: string }): string[] =>
  v.outcome === undefined ? [] : [`**Outcome** ${v.outcome}: ${cell(v.reason ?? '')}`, ''];
const cell = (text: string): string => text.replace(/[|\n\r<>]/g, ' ');
