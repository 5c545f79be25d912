import type { StageView } from '../../../domain/view.js';
import { MARKS } from '../../render/run.js';
import { lengthOf } from '../../render/text.js';
import { scaleOf } from './scale.js';
import { html, type Markup } from './tag.js';
import { badge, plain, table, time, isoOf } from './words.js';

/** Stages in their order, each where it lies in the time of all of them. */
export function stagesPart(stages: readonly StageView[], now: string): Markup | string {
  if (stages.length === 0) return '';
  const at = Date.parse(now);
  const began = stages.flatMap(({ startedAt }) => startedAt ?? []);
  const ended = stages.flatMap(({ startedAt, endedAt }) => (startedAt === undefined ? [] : (endedAt ?? at)));
  const [from, to] = [Math.min(...began), Math.max(...ended)];
  const rows = stages.map((s) => [
    html`${s.name}${notes(s)}`,
    badge(s.state, `${MARKS[s.state]} ${plain(s.state)}`),
    bar(s, from, to, at),
    s.startedAt === undefined ? '' : lengthOf((s.endedAt ?? at) - s.startedAt),
  ]);
  return html`<section aria-labelledby="stages">
    <h2 id="stages">Stages</h2>
    ${began.length === 0 ? '' : html`<p class="small">${time(isoOf(from))} to ${time(isoOf(to))}</p>`}
    <div class="stages">${table('Stages', ['Stage', 'State', 'When', 'Took'], rows)}</div>
  </section>`;
}

const notes = ({ note, byRun }: StageView): Markup | string =>
  note === undefined && byRun === undefined
    ? ''
    : html`<span class="small"
        >${[note, byRun === undefined ? undefined : `as run ${byRun} did it`].filter((t) => t !== undefined && t !== '').join('; ')}</span
      >`;

function bar(
  { name, state, startedAt, endedAt }: StageView,
  from: number,
  to: number,
  now: number,
): Markup | string {
  if (startedAt === undefined) return '';
  const x = scaleOf(from, from === to ? to + 1 : to);
  const [begin, end] = [x(startedAt), x(endedAt ?? now)];
  const on = (p: number): string => `${String(Math.round(p * 1e4) / 1e2)}%`;
  const width = Math.max(end - begin, NARROWEST);
  const text = `${name}: ${isoOf(startedAt)} to ${endedAt === undefined ? 'now' : isoOf(endedAt)}`;
  return html`<svg class="bar" role="img" aria-label="${text}">
    <rect class="track" width="100%" height="100%" rx="3" />
    <rect
      class="${state}"
      x="${on(Math.min(begin, 1 - NARROWEST))}"
      width="${on(width)}"
      height="100%"
      rx="2"
    >
      <title>${text}</title>
    </rect>
  </svg>`;
}
const NARROWEST = 0.008;
