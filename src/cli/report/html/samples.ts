import type { Fold, Watched } from '../watched.js';
import { html, type Markup } from './tag.js';
import { badge, foldable, gapped, plain, table, time } from './words.js';

/** As many lines are shown at once; more are folded away until somebody wants them. */
const OPEN_LINES = 30;

/** Every sample with its verdict: those that follow each other with the same one are one line. */
export function samplesPart({ samples, verdicts, folds, foldsLeftOut }: Watched): Markup | string {
  if (samples === 0) return '';
  const counts = Object.entries(verdicts)
    .filter(([, n]) => n > 0)
    .map(([kind, n]) => html`${badge(kind)} ${n} `);
  const lines = folds.map(row);
  const rows = gapped(lines, foldsLeftOut, '/v1/samples has every sample');
  const text = `${String(samples)} samples, a line for each change of phase or verdict: ${String(folds.length + foldsLeftOut)}`;
  return html`<h3>Verdicts</h3>
    <p class="counts">${counts}</p>
    ${foldable(text, folds.length <= OPEN_LINES, html`<div class="samples">${table('Verdicts of all samples', ['From, to', 'Trigger', 'Phase', 'Verdict', 'Samples', 'Seen'], rows)}</div>`)}`;
}

const row = (f: Fold): readonly (Markup | string | number)[] => [
  f.from === f.to ? time(f.from) : html`${time(f.from)}<br />${time(f.to)}`,
  plain(f.trigger),
  f.phase,
  badge(f.verdict),
  f.samples,
  f.verdict === 'pass'
    ? html`${f.first === f.last ? f.last : `${f.first} … ${f.last}`}
        <span class="small">limit ${f.limit}</span>`
    : f.reason,
];
