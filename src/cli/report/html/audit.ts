import type { ChainedEntry } from '../../../domain/audit.js';
import { details } from '../../render/text.js';
import type { AuditReport } from '../model.js';
import { html, type Markup } from './tag.js';
import { badge, foldable, gapped, hash, table, time } from './words.js';

const OPEN_LINES = 40;

/** The entries in the order of the chain, and how far the record was looked through. */
export function auditPart({ entries, leftOut, flawed, chain }: AuditReport): Markup {
  const lines = entries.map((e) => row(e, flawed.includes(e.seq)));
  const rows = gapped(lines, leftOut, 'shipway audit has them');
  return html`<section aria-labelledby="audit">
    <h2 id="audit">Audit</h2>
    <p>${chain === undefined ? hashesText(flawed) : chainText(chain, flawed)}</p>
    ${foldable(`${String(entries.length + leftOut)} entries`, entries.length <= OPEN_LINES, table('Audit entries', ['Seq', 'Hash', 'When', 'Who', 'What', 'Details'], rows))}
  </section>`;
}

const flawText = (flawed: readonly number[]): Markup =>
  html`${badge('fail', 'not as it was written')} ${flawed.length === 1 ? 'entry' : 'entries'}
  ${flawed.join(', ')}`;

const hashesText = (flawed: readonly number[]): Markup =>
  flawed.length > 0
    ? flawText(flawed)
    : html`Each of these entries has the hash of its content. The chain as a whole was not verified for this
        report: <code>shipway report --verify</code> does that.`;

function chainText(chain: NonNullable<AuditReport['chain']>, flawed: readonly number[]): Markup {
  if (!chain.ok) return html`${badge('fail', 'chain broken')} at entry ${chain.seq}: ${chain.reason}`;
  return flawed.length > 0
    ? flawText(flawed)
    : html`${badge('pass', 'chain verified')} all ${chain.count} entries of the record, up to the head
      ${hash(chain.head)}; these stand in it as they are shown here.`;
}

const row = ({ seq, hash: own, entry: e }: ChainedEntry, flawed: boolean): readonly (Markup | string)[] => [
  html`${seq}${flawed ? html` ${badge('fail', 'not as written')}` : ''}`,
  hash(own),
  html`${time(e.timestamp)}${e.late === true ? ' (written late)' : ''}`,
  e.user,
  html`${e.event_type}<br /><span class="small">${e.workflow}</span>`,
  details(e.details),
];
