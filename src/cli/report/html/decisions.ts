import type { Question } from '../../../domain/gate.js';
import type { GateRecord, Said } from '../model.js';
import { html, type Markup } from './tag.js';
import { badge, hash, plain, table, time } from './words.js';

const ASKED: Readonly<Record<Question, string>> = {
  approval: 'Approval',
  parked: 'A deployment in doubt',
  paused: 'A paused deployment',
  asked: 'What the strategy asks',
  undo_incomplete: 'What could not be undone',
  stuck: 'What nobody foresaw',
};

/** Every gate with who answered it, and what people asked for beside them. */
export function decisionsPart(gates: readonly GateRecord[], asked: readonly Said[]): Markup | string {
  if (gates.length === 0 && asked.length === 0) return '';
  return html`<section aria-labelledby="decisions">
    <h2 id="decisions">Decisions</h2>
    ${gates.map(gateArticle)}
    ${
      asked.length === 0
        ? ''
        : html`<h3>Asked for by people</h3>
            ${saidTable('Asked for by people', asked)}`
    }
  </section>`;
}

function gateArticle(gate: GateRecord): Markup {
  const { environment, openedAt, closedAt, decision, required, answers } = gate;
  const question = ASKED[gate.question] ?? plain(gate.question);
  return html`<article>
    <h3>${question}: ${environment} ${badge(gate.verdict)}</h3>
    ${gate.title === undefined ? '' : html`<p>${gate.title}</p>`}
    <p class="small">
      decision ${hash(decision)}, opened
      ${time(openedAt)}${closedAt === undefined ? '' : html`, closed ${time(closedAt)}`}${required === undefined ? '' : `; ${neededText(required)}`}
    </p>
    ${answers.length === 0 ? '' : saidTable(`Answers: ${question} ${environment}`, answers)}
  </article>`;
}

const neededText = (required: number): string =>
  required === 0
    ? 'the policy asks nobody'
    : `${String(required)} ${required === 1 ? 'approval' : 'approvals'} needed`;

const saidTable = (caption: string, said: readonly Said[]): Markup =>
  table(
    caption,
    ['Who', 'Said', 'When', 'Why', 'Signature'],
    said.map((s) => [
      s.person,
      s.refused === undefined ? s.verb : html`${s.verb} ${badge('refused')} ${s.refused}`,
      time(s.at),
      html`<span class="reason">${s.reason}</span>`,
      s.signature === 'none' ? 'none: asserted, not proved' : s.signature,
    ]),
  );
