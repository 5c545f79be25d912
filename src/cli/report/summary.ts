import { columns, oneLine } from '../output.js';
import { instant, lengthOf } from '../render/text.js';
import type { AuditReport, DeploymentReport, GateRecord, Report, Said } from './model.js';

const SHORT = 12;

/** What `shipway report` prints of itself: the same as the page, without what needs a picture. */
export function summaryOf(report: Report): readonly string[] {
  const { about, stages, decisions, asked, deployments, evidence, missing, made } = report;
  const { outcome, reason, failure, endedAs, waitingFor } = about;
  const state =
    outcome?.replaceAll('_', ' ') ?? (endedAs === undefined ? 'goes on' : `ended in Temporal (${endedAs})`);
  const said = reason ?? (waitingFor === undefined ? '' : `waits for ${waitingFor}`);
  const took = about.startedAt === undefined ? [] : [whenText(about.startedAt, about.endedAt, made.at)];
  return [
    `${about.service} ${about.version} → ${about.environments.join(' → ')}   ${about.kind} ${about.id}${about.requestedBy === undefined ? '' : `, by ${oneLine(about.requestedBy)}`}${about.identity === undefined ? '' : ` (${about.identity})`}`,
    `${state}${failure === undefined ? '' : ` (${failure})`}${said === '' ? '' : `: ${oneLine(said)}`}`,
    ...took,
    ...part(
      'stages',
      columns(stages.map((s) => [s.name, s.state.replaceAll('_', ' '), lengthIn(s), s.note ?? ''])),
    ),
    ...part('decisions', decisions.flatMap(gateLines)),
    ...part('asked for by people', asked.map(saidLine)),
    ...deployments.flatMap((d) => part(d.id, deploymentLines(d, made.at))),
    ...part(
      'evidence',
      evidence.map((e) => `${e.stage}: ${e.kind}: ${oneLine(e.summary)}`),
    ),
    ...part('audit', [auditLine(report.audit)]),
    ...part('not in this report', missing),
  ];
}

const part = (name: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${name}:`, ...lines.map((line) => `  ${line}`)];

const whenText = (from: string, to: string | undefined, now: string): string =>
  `${instant(from)} to ${to === undefined ? 'now' : instant(to)} (${lengthOf(Date.parse(to ?? now) - Date.parse(from))})`;

const lengthIn = ({ startedAt, endedAt }: Report['stages'][number]): string =>
  startedAt === undefined || endedAt === undefined ? '' : lengthOf(endedAt - startedAt);

const gateLines = (gate: GateRecord): readonly string[] => [
  `${gate.question.replaceAll('_', ' ')} in ${gate.environment}: ${gate.verdict}${gate.required === 0 ? ' (the policy asks nobody)' : ''}, decision ${gate.decision.slice(0, SHORT)}`,
  ...gate.answers.map((a) => `  ${saidLine(a)}`),
];

const saidLine = ({ person, verb, at, reason, signature, refused }: Said): string =>
  oneLine(
    `${verb} by ${person} (${signature === 'none' ? 'asserted' : signature}) at ${instant(at)}${reason === undefined ? '' : `: ${reason}`}${refused === undefined ? '' : `; refused: ${refused}`}`,
  );

function deploymentLines(d: DeploymentReport, now: string): readonly string[] {
  const { samples, verdicts, folds } = d.watched;
  const counts = Object.entries(verdicts).flatMap(([kind, n]) => (n === 0 ? [] : [`${String(n)} ${kind}`]));
  return [
    `${d.outcome?.replaceAll('_', ' ') ?? 'goes on'}: ${oneLine(d.reason ?? '')}`,
    whenText(d.startedAt, d.endedAt, now),
    `shares of ${d.version}: ${d.shares.map(({ at, share }) => `${String(share / 100)} % at ${instant(at).slice(11)}`).join(', ')}`,
    ...(samples === 0 ? [] : [`${String(samples)} samples: ${counts.join(', ')}`]),
    ...folds
      .filter((f) => f.verdict === 'fail')
      .map((f) => `fail at ${instant(f.from)}: ${oneLine(f.reason)}`),
  ];
}

function auditLine({ entries, leftOut, flawed, chain }: AuditReport): string {
  const count = `${String(entries.length + leftOut)} entries`;
  if (chain?.ok === false) return `${count}; chain broken at entry ${String(chain.seq)}: ${chain.reason}`;
  if (flawed.length > 0) return `${count}; not as they were written: ${flawed.join(', ')}`;
  return chain === undefined
    ? `${count}, each with the hash of its content; the whole chain: --verify`
    : `${count}, as they stand in the chain, which was verified: ${String(chain.count)} entries, head ${chain.head}`;
}
