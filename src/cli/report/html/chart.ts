import type { VerdictKind } from '../../../domain/verdict.js';
import { instantsBetween, scaleOf, ticksBetween, type Scale } from './scale.js';
import { html, type Markup } from './tag.js';

/** What lies on the axes. Instants are epoch ms. */
export interface Frame {
  readonly id: string;
  readonly title: string;
  /** What is to be seen, in a sentence: for who does not see it. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** The most that is to be shown; a round value above it ends the axis. */
  readonly most: number;
  /** The least of it where that is below 0. Absent: 0. */
  readonly least?: number;
  readonly say: (value: number) => string;
  readonly limit?: { readonly value: number; readonly text: string };
}
/** A line; where it has no value it is broken. */
export interface Line {
  readonly kind: 'candidate' | 'stable' | 'share';
  readonly points: readonly { readonly at: number; readonly value: number | undefined }[];
  /** A value stays until the next one. */
  readonly steps?: true;
}
export interface Mark {
  readonly at: number;
  /** Absent: at the upper edge. */
  readonly value?: number | undefined;
  readonly kind: VerdictKind;
  readonly text: string;
}
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly kind: VerdictKind;
}

/** The lines are stretched to whatever width there is; texts and marks keep their size. */
const UNITS = 1_000;
const part = (p: number): string => `${String(Math.round(p * 1e4) / 1e2)}%`;

/** Lines over time with their limit, and below them the verdicts. It needs no script and no width. */
export function chart(
  frame: Frame,
  lines: readonly Line[],
  marks: readonly Mark[] = [],
  verdicts: readonly Stretch[] = [],
): Markup {
  const ticks = ticksBetween(frame.least ?? 0, frame.most);
  const [bottom, top] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const x = scaleOf(frame.from, frame.to);
  const y: Scale = (value) => 1 - scaleOf(bottom, top)(value);
  return html`<figure class="chart">
    <figcaption>${frame.title}</figcaption>
    <svg class="ordinate" aria-hidden="true">
      ${ticks.map((t) => html`<text x="100%" y="${part(y(t))}" dy="0.32em">${frame.say(t)}</text>`)}
    </svg>
    <svg class="plot" role="img" aria-labelledby="${frame.id}-title ${frame.id}-text">
      <title id="${frame.id}-title">${frame.title}</title>
      <desc id="${frame.id}-text">${frame.text}</desc>
      ${ticks.map((t) => html`<line class="grid" x1="0" x2="100%" y1="${part(y(t))}" y2="${part(y(t))}" />`)}
      <svg viewBox="0 0 ${UNITS} ${UNITS}" preserveAspectRatio="none" width="100%" height="100%">
        ${lines.map((l) => paths(l, x, y))}
      </svg>
      ${limitLine(frame, y)}
      ${marks.map((m) => html`<circle class="mark ${m.kind}" r="3.5" cx="${part(x(m.at))}" cy="${part(m.value === undefined ? 0 : y(m.value))}"><title>${m.text}</title></circle>`)}
    </svg>
    ${strip(verdicts, x)}
    <svg class="abscissa" aria-hidden="true">
      ${instantsBetween(frame.from, frame.to).map((t) => html`<text class="${edgeOf(x(t.at))}" x="${part(x(t.at))}" y="1em">${t.text}</text>`)}
    </svg>
  </figure>`;
}

/** Words at an edge stay inside. */
const edgeOf = (at: number): string => (at < 0.06 ? 'begin' : at > 0.94 ? 'end' : 'middle');

function limitLine({ limit }: Frame, y: Scale): Markup | string {
  if (limit === undefined) return '';
  const at = y(limit.value);
  return html`<line class="limit" x1="0" x2="100%" y1="${part(at)}" y2="${part(at)}" />
    <text class="limit" x="100%" y="${part(at)}" dx="-4" dy="${at < 0.15 ? '1.1em' : '-0.4em'}"
      >${limit.text}</text
    >`;
}

function strip(verdicts: readonly Stretch[], x: Scale): Markup {
  return html`<svg class="strip" aria-hidden="true">
    ${verdicts.length === 0 ? '' : html`<rect class="track" width="100%" height="100%" />`}
    ${verdicts.map(({ from, to, kind }) => html`<rect class="${kind}" x="${part(x(from))}" width="${part(Math.max(x(to) - x(from), THINNEST))}" y="0" height="100%" />`)}
  </svg>`;
}
const THINNEST = 0.004;

/** One path for the line, and for a share one for what is below it. */
function paths({ kind, points, steps }: Line, x: Scale, y: Scale): readonly Markup[] {
  const runs = unbroken(points);
  const on = (p: number): string => String(Math.round(p * UNITS * 10) / 10);
  const drawn = runs.map((run) =>
    run
      .map(({ at, value }, i) => {
        const to = `${on(x(at))} ${on(y(value))}`;
        return i === 0 ? `M${to}` : steps ? `H${on(x(at))}V${on(y(value))}` : `L${to}`;
      })
      .join(''),
  );
  const line = html`<path class="line ${kind}" d="${drawn.join('')}" />`;
  const area = runs.map((run, i) => `${drawn[i] ?? ''}V${String(UNITS)}H${on(x(run[0]?.at ?? 0))}Z`);
  return steps ? [html`<path class="area ${kind}" d="${area.join('')}" />`, line] : [line];
}

type Point = { readonly at: number; readonly value: number };
function unbroken(points: Line['points']): readonly (readonly Point[])[] {
  const runs: Point[][] = [[]];
  for (const { at, value } of points)
    if (value === undefined) runs.push([]);
    else runs.at(-1)?.push({ at, value });
  return runs.filter((run) => run.length > 0);
}
