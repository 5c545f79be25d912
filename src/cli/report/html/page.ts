import { createHash } from 'node:crypto';
import { percent } from '../../../domain/details.js';
import type { Strategy } from '../../../domain/plan.js';
import { stepsText } from '../../../domain/strategy.js';
import type { About, DeploymentReport, Report } from '../model.js';
import { auditPart } from './audit.js';
import { decisionsPart } from './decisions.js';
import { deploymentCharts } from './deployment-charts.js';
import { samplesPart } from './samples.js';
import { stagesPart } from './stages.js';
import { STYLE } from './style.js';
import { html, verbatim, type Markup } from './tag.js';
import { badge, foldable, hash, isoOf, plain, table, time, took } from './words.js';

/**
 * The report as one file: no script, no request to anywhere (its own policy forbids both), nothing from elsewhere that is not escaped.
 */
export function pageOf(report: Report): string {
  const { about, made, evidence } = report;
  const name = `${about.service} ${about.version} → ${about.environments.join(' → ')}`;
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${name}: ${stateOf(about)}</title>
        ${verbatim(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${headerPart(report, name)}
        <main>
          ${missingPart(report.missing)} ${stagesPart(report.stages, made.at)}
          ${decisionsPart(report.decisions, report.asked)}
          ${report.deployments.map((d, i) => deploymentPart(d, i + 1, made.at))} ${evidencePart(evidence)}
          ${auditPart(report.audit)}
        </main>
        ${footerPart(made)}
      </body>
    </html>`.text
  }\n`;
}

const headerPart = ({ about, ...rest }: Report, name: string): Markup =>
  html`<header>
    <p class="kind">${about.kind} ${about.id}</p>
    <h1>${name}</h1>
    <p class="end">
      ${badge(about.outcome ?? (about.endedAs === undefined ? 'running' : 'failed'), stateOf(about))}
      ${reasonOf(about)}
    </p>
    ${goesOn(about, rest.made.at)} ${facts({ about, ...rest })}
  </header>`;

const footerPart = (made: Report['made']): Markup =>
  html`<footer>
    <p>
      Made by shipway ${made.version} at ${time(made.at)}, from what Temporal and shipway’s store had then.
      All times are UTC.
    </p>
    <p>
      It has no output of stages (<code>shipway logs</code>), no logs of the service, and no secrets. Digests
      are cut to 12 characters; <code>shipway report --json</code> has them whole.
    </p>
  </footer>`;

/** Nothing but the style sheet of this very text. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const stateOf = ({ outcome, endedAs }: About): string =>
  outcome !== undefined
    ? plain(outcome)
    : endedAs === undefined
      ? 'goes on'
      : `ended in Temporal (${endedAs})`;

const reasonOf = ({ reason, failure, endedAs }: About): Markup =>
  html`<span class="reason"
      >${reason ?? (endedAs === undefined ? '' : 'before it could write an outcome')}</span
    >${failure === undefined ? '' : html` <code>${failure}</code>`}`;

const goesOn = ({ outcome, endedAs, waitingFor }: About, at: string): Markup | string =>
  outcome !== undefined || endedAs !== undefined
    ? ''
    : html`<p class="note">
        It goes on: this is how it stood at
        ${time(at)}.${waitingFor === undefined ? '' : html` It waits for: ${waitingFor}`}
      </p>`;

function facts({ about, made }: Report): Markup {
  const { startedAt, endedAt, requestedBy, identity, run, commit, planHash, release } = about;
  const rows: readonly (readonly [string, Markup | string | undefined])[] = [
    ['asked for by', requestedBy === undefined ? undefined : html`${requestedBy}${identityText(identity)}`],
    ['began', startedAt === undefined ? undefined : time(startedAt)],
    ['ended', endedAt === undefined ? undefined : time(endedAt)],
    ['took', startedAt === undefined ? undefined : took(startedAt, endedAt ?? made.at)],
    ['of run', run],
    ['commit', commit === undefined ? undefined : hash(commit)],
    ['plan', planHash === undefined ? undefined : hash(planHash)],
    ['release', release === undefined ? undefined : hash(release)],
  ];
  return html`<dl class="facts">
    ${rows.map(([name, value]) =>
      value === undefined
        ? ''
        : html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
    )}
  </dl>`;
}

const identityText = (identity: About['identity']): string =>
  identity === undefined ? '' : identity === 'asserted' ? ' (asserted, not proved)' : ' (signed)';

const missingPart = (missing: readonly string[]): Markup | string =>
  missing.length === 0
    ? ''
    : html`<section aria-labelledby="missing">
        <h2 id="missing">Not in this report</h2>
        <ul>
          ${missing.map((m) => html`<li>${m}</li>`)}
        </ul>
      </section>`;

function deploymentPart(d: DeploymentReport, n: number, now: string): Markup {
  const id = `deployment-${String(n)}`;
  const end = d.outcome === undefined ? badge('running', 'goes on') : badge(d.outcome);
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">Deployment to ${d.environment}</h2>
    <p>${end} <span class="reason">${d.reason}</span></p>
    <p class="small">
      <code>${d.id}</code>: ${plain(d.kind)} by ${strategyText(d.strategy)},
      ${d.replaces === undefined ? 'the first one here' : html`replaces ${d.replaces}`}; asked for by
      ${d.requestedBy}; ${time(d.startedAt)} to ${d.endedAt === undefined ? 'now' : time(d.endedAt)}
      (${took(d.startedAt, d.endedAt ?? now)})
    </p>
    ${deploymentCharts(d, n, now)} ${samplesPart(d.watched)}
    ${
      d.timeline.length === 0
        ? ''
        : foldable(
            'What happened, step by step',
            false,
            table(
              `What happened to ${d.environment}`,
              ['When', 'What'],
              d.timeline.map(({ at, what }) => [time(isoOf(at)), what]),
            ),
          )
    }
  </section>`;
}

const strategyText = (strategy: Strategy): string =>
  strategy.kind === 'canary'
    ? `canary (${strategy.steps.map(percent).join(', ')})`
    : strategy.kind === 'own'
      ? `${strategy.uses}${strategy.steps === undefined ? '' : ` (${stepsText(strategy.steps)})`}`
      : plain(strategy.kind);

const evidencePart = (evidence: Report['evidence']): Markup | string =>
  evidence.length === 0
    ? ''
    : html`<section aria-labelledby="evidence">
        <h2 id="evidence">Evidence of the release</h2>
        ${table(
          'Evidence of the release',
          ['Stage', 'Kind', 'Summary', 'Digest'],
          evidence.map((e) => [e.stage, e.kind, e.summary, hash(e.digest)]),
        )}
      </section>`;
