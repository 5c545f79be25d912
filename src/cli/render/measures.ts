import { SIZE_UNITS, bytesText } from '../../domain/size.js';
import type { VerdictKind } from '../../domain/verdict.js';
import type { Measure } from '../measuring.js';
import { columns } from '../output.js';
import { shareText } from './text.js';

const VERDICTS: Readonly<Record<VerdictKind, string>> = {
  pass: '✓',
  fail: '✗',
  inconclusive: '?',
  unavailable: '!',
};
export const INDENT = '    ';

/** What the newest look said, a line a trigger: its value beside its limit and stable, and how it came there. */
export const measureLines = (measures: readonly Measure[]): readonly string[] =>
  columns(
    measures.map((m) => [
      `${VERDICTS[m.verdict.kind]} ${m.trigger.replaceAll('_', ' ')}`,
      valueText(m),
      `limit ${m.limit}`,
      stableText(m),
      sparkline(m.recent, limitOf(m)),
    ]),
  ).map((line) => `${INDENT}${line}`);

const valueText = ({ trigger, value, measured }: Measure): string =>
  trigger === 'error_rate' && measured?.value !== undefined
    ? `${shareText(measured.value)} of ${String(measured.of)}`
    : value;

/** Numbers that have a unit. */
const WORDS: Readonly<Partial<Record<Measure['trigger'], (value: number) => string>>> = {
  error_rate: shareText,
  response_time: (ms) => `${String(Number(ms.toPrecision(3)))} ms`,
  cpu: shareText,
  memory: bytesText,
};

function stableText({ trigger, measured: { stable } = { of: 0 } }: Measure): string {
  if (stable === undefined) return '';
  return `stable ${(WORDS[trigger] ?? ((value) => String(Number(value.toPrecision(3)))))(stable)}`;
}

const UNITS: Readonly<Partial<Record<string, number>>> = { ' %': 1 / 100, ...SIZE_UNITS };
/** The most that is good, as a number in the unit of what is measured; `undefined` where there is no such limit, or none of its own. */
function limitOf({ trigger, limit }: Measure): number | undefined {
  const [, number, unit = ''] = MOST_GOOD.exec(limit) ?? [];
  if (number === undefined) return undefined;
  return trigger === 'comparison' ? Math.log10(Number(number)) : Number(number) * (UNITS[unit] ?? 1);
}

const MOST_GOOD =
  /^(?:at most |\S+ to )?(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)( %| ms|[KMGT]i| bytes)?(?:, at most .*)?$/;

const LEVELS = [...'▁▂▃▄▅▆▇█'];
/**
 * Numbers as a line of columns; the highest is at the limit or above it, and without one at the greatest of them, the lowest at 0 or at the
 * least of them.
 */
export function sparkline(values: readonly (number | null)[], limit?: number): string {
  const numbers = values.map((v) => v ?? 0);
  const [bottom, top] = [Math.min(0, limit ?? 0, ...numbers), limit ?? Math.max(...numbers)];
  return values
    .map((v) => {
      if (v === null) return ' ';
      const part = top > bottom ? (v - bottom) / (top - bottom) : v > top ? 1 : 0;
      const level = Math.round(part * (LEVELS.length - 1));
      return LEVELS[Math.min(Math.max(level, 0), LEVELS.length - 1)] ?? '';
    })
    .join('');
}
