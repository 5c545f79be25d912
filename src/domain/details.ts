import { wayText } from './environments.js';
import { targetId } from './ids.js';
import { KINDS, type HousekeepingView } from './housekeeping.js';
import { answerCommands, nextCommands, nextForDeployment } from './next.js';
import { FULL } from './plan.js';
import { bytesText } from './size.js';
import type { DeploymentView, RunView, StageView, TargetView, WaitingFor } from './view.js';

/**
 * Markdown for Temporal's current details. The pane is low and cuts off what is below: what is asked, or how it ended, and what to
 * type come first, then one small table. No secrets can be in a view.
 */
export function runDetails(view: RunView): string {
  return paragraphs(
    `**${markdown(view.service)} ${markdown(view.version)} → ${markdown(wayText(view))}**, asked for by ${markdown(view.requestedBy)}${view.identity === undefined ? '' : ` (${view.identity})`}`,
    waitingLine(view.waitingFor),
    table(
      ['changes of the settings'],
      (view.waitingFor?.changes ?? []).map((line) => [line]),
    ),
    endLine(view),
    nextLine(nextCommands({ run: view })),
    table(
      ['stage', 'state', 'took', ''],
      view.stages.map((s) => [s.name, s.state.replaceAll('_', ' '), took(s), s.note ?? '']),
    ),
    evidenceLine(view.evidence),
    view.deployment === undefined ? '' : `Deployment: \`${view.deployment}\``,
  );
}

export function deploymentDetails(view: DeploymentView): string {
  return paragraphs(
    `**${view.kind} ${markdown(view.service)} ${markdown(view.version)} → ${markdown(view.environment)}** by ${view.strategy}, replaces ${markdown(view.replaces ?? 'nothing')}`,
    waitingLine(view.waitingFor),
    endLine(view) || `**Now** ${view.phase.replaceAll('_', ' ')}${until(view)}`,
    nextLine(nextForDeployment(view)),
    table(['role', 'slot', 'release', 'traffic'], slots(view)),
    view.verdict === undefined
      ? ''
      : `**Last verdict** ${view.verdict.kind}: ${markdown(view.verdict.reason)}`,
    table(
      ['UTC', 'what happened, newest first'],
      view.timeline
        .slice(-SHOWN)
        .reverse()
        .map((t) => [timeOfDay(t.at), t.what]),
    ),
    view.run === undefined ? '' : `Run: \`pipeline/${view.service}/${view.run}\``,
  );
}

export function targetDetails(view: TargetView): string {
  return paragraphs(
    `**${markdown(view.service)} in ${markdown(view.environment)}**: live ${markdown(view.live ?? 'nothing')}, known good ${markdown(view.knownGood ?? 'nothing')}`,
    `Running: ${view.running === undefined ? 'nothing' : `\`${view.running}\``}`,
    waitingLine(view.waitingFor),
    nextLine(answerCommands(targetId(view), view.waitingFor)),
    view.note === undefined ? '' : `**Note** ${markdown(view.note)}`,
    table(
      ['not as recorded'],
      (view.drift ?? []).map((what) => [what]),
    ),
    table(
      ['place', 'waiting', 'request', 'by'],
      view.queue.map((q, i) => [String(i + 1), q.version, q.requestId, q.by]),
    ),
    table(
      ['held: automation may not ship it here again'],
      view.holdMarks.map((m) => [m]),
    ),
  );
}

export function housekeepingDetails(view: HousekeepingView): string {
  return paragraphs(
    `**${view.dryRun ? 'What housekeeping would remove' : 'Housekeeping'}**${view.done ? '' : ', under way'}`,
    table(
      ['target that is not as recorded', 'what differs'],
      view.drift.map(({ target, what }) => [target, what.join('; ')]),
    ),
    table(['what', view.dryRun ? 'would go' : 'removed', 'bytes', 'old, and kept'], housekeepingRows(view)),
    view.unanswered.length === 0 ? '' : `Nobody answered for ${markdown(view.unanswered.join(', '))}`,
    table(
      ['what failed', 'why'],
      (view.failed ?? []).map(({ what, why }) => [what, why]),
    ),
  );
}

/** What went of each kind, how much, and why the rest stayed. */
export const housekeepingRows = ({
  removed,
  kept,
}: Pick<HousekeepingView, 'removed' | 'kept'>): readonly (readonly string[])[] =>
  KINDS.flatMap((kind) => {
    const { count, bytes } = removed[kind] ?? {};
    if (count === undefined) return [];
    const stays = Object.entries(kept[kind] ?? {}).filter(([, n]) => n > 0);
    const why = stays.map(([reason, n]) => `${String(n)} ${reason.replaceAll('_', ' ')}`).join(', ');
    return [[kind.replaceAll('_', ' '), String(count), bytes === undefined ? '' : bytesText(bytes), why]];
  });

/** Basis points as people read them. */
export const percent = (share: number | undefined): string => `${String((share ?? 0) / 100)} %`;

const SHOWN = 16;

function slots(view: DeploymentView): readonly (readonly string[])[] {
  const row = (role: string, slot: 'blue' | 'green' | undefined, release: string | undefined) =>
    slot === undefined || release === undefined
      ? []
      : [[role, slot, release, percent(view.shares[slot] ?? (role === 'stable' ? FULL : 0))]];
  return [...row('stable', view.stable, view.replaces), ...row('candidate', view.candidate, view.version)];
}

const until = (view: DeploymentView): string =>
  view.nextAt === undefined ? '' : ` until ${timeOfDay(view.nextAt)} UTC, unless something is wrong`;

const waitingLine = (w: WaitingFor | undefined): string =>
  w === undefined
    ? ''
    : `**Waiting for** ${markdown(w.title)}${w.required === undefined ? '' : ` (${String(w.have ?? 0)} of ${String(w.required)})`}${w.expiresAt === undefined ? '' : `, until ${new Date(w.expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`}`;

const evidenceLine = (evidence: RunView['evidence'] = []): string =>
  evidence.length === 0
    ? ''
    : `**Evidence** ${evidence.map((e) => markdown(`${e.stage}: ${e.summary}${e.verdict === 'pass' ? '' : ' (not passed)'}`)).join('; ')}`;

const endLine = (v: { outcome?: string; reason?: string }): string =>
  v.outcome === undefined ? '' : `**Outcome** ${v.outcome.replaceAll('_', ' ')}: ${markdown(v.reason ?? '')}`;

const nextLine = (commands: readonly string[]): string =>
  commands.length === 0 ? '' : `**Next** ${commands.map((c) => `\`${c}\``).join(' or ')}`;

const took = ({ startedAt, endedAt }: StageView): string =>
  startedAt === undefined || endedAt === undefined ? '' : `${((endedAt - startedAt) / 1_000).toFixed(1)} s`;

const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 19);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : [head, head.map(() => '---'), ...rows].map((r) => `| ${r.map(markdown).join(' | ')} |`).join('\n');

/** The UI cuts off the last line: it gets a rule to cut. */
const paragraphs = (...texts: readonly string[]): string =>
  [...texts.filter((t) => t !== ''), '---'].join('\n\n');

/** Text from elsewhere inside Markdown: it stays on its line and in its cell, and makes no link, image, tag or emphasis. */
export const markdown = (text: string): string =>
  text.replace(/[|\n\r<>]/g, ' ').replace(/[\\[\]`*]/g, '\\$&');
