import { percent } from '../../../domain/details.js';
import { limitText, numberText } from '../../../domain/metric-judgement.js';
import { FULL } from '../../../domain/plan.js';
import { bytesText } from '../../../domain/size.js';
import type { Resource } from '../../../domain/usage.js';
import type { MetricTrigger, Triggers } from '../../../domain/watch-plan.js';
import type { VerdictKind } from '../../../domain/verdict.js';
import { clock, shareText } from '../../render/text.js';
import type { DeploymentReport } from '../model.js';
import { worseOf, type Bucket, type Watched } from '../watched.js';
import { chart, type Frame, type Line, type Mark, type Stretch } from './chart.js';
import { html, type Markup } from './tag.js';
import { plain } from './words.js';

type Trigger = keyof Watched['series'];
interface Drawn {
  readonly trigger: Trigger;
  readonly title: string;
  readonly limit?: Frame['limit'];
  readonly say: (value: number) => string;
  /** What the numbers are of. Absent: of nothing that is counted. */
  readonly of?: string;
  /** The least of them are the worst. */
  readonly isLow?: true;
}

/** A decimal logarithm as what it is of. */
const evidenceText = (value: number): string => String(Number((10 ** value).toPrecision(2)));
const msText = (value: number): string => `${String(Math.round(value))} ms`;

/** What is drawn of a deployment: shares, and each trigger that it was watched by, all over the same time. */
export function deploymentCharts(d: DeploymentReport, n: number, now: string): Markup {
  const { from, to } = spanOf(d, now);
  const drawn = drawnOf(d.triggers).filter(({ trigger }) => d.watched.series[trigger] !== undefined);
  return html`<div class="charts">
      ${shares(d, n, from, to)} ${drawn.map((of) => trigger(d, of, n, from, to))}
    </div>
    ${drawn.length === 0 ? '' : LEGEND}`;
}

const LEGEND = html`<ul class="legend">
  <li class="candidate">candidate, its worst value where many are one point</li>
  <li class="stable">stable</li>
  <li class="limit">limit</li>
  <li class="pass">pass</li>
  <li class="inconclusive">inconclusive</li>
  <li class="unavailable">unavailable</li>
  <li class="fail">fail</li>
</ul>`;

/** From its begin to its end, or to now; samples lie within. */
function spanOf(d: DeploymentReport, now: string): { readonly from: number; readonly to: number } {
  const seen = Object.values(d.watched.series).flatMap((line = []) => [line[0]?.from, line.at(-1)?.to]);
  const all = [d.startedAt, d.endedAt ?? now, ...seen].flatMap((at) =>
    at === undefined ? [] : [Date.parse(at)],
  );
  return { from: Math.min(...all), to: Math.max(...all) };
}

function shares(d: DeploymentReport, n: number, from: number, to: number): Markup {
  const points = d.shares.map(({ at, share }) => ({ at: Date.parse(at), value: share / FULL }));
  const last = points.at(-1);
  const line: Line = {
    kind: 'share',
    points: last === undefined ? [] : [...points, { at: to, value: last.value }],
    steps: true,
  };
  const said = d.shares.map(({ at, share }) => `${percent(share)} from ${clock(Date.parse(at))}`).join(', ');
  const id = `d${String(n)}-shares`;
  const title = `Users with ${d.version}`;
  return chart({ id, title, text: said, from, to, most: 1, say: shareText }, [line]);
}

const drawnOf = ({
  errorRate,
  responseTime,
  healthCheckFailures,
  comparison,
  metrics = {},
  ...usage
}: Triggers): readonly Drawn[] => [
  {
    ...{ trigger: 'error_rate', title: 'Error rate', say: shareText, of: 'requests' },
    ...limited(errorRate && errorRate.threshold / FULL, shareText),
  },
  {
    ...{
      trigger: 'response_time',
      title: 'Response time, 95th percentile at most',
      say: msText,
      of: 'requests',
    },
    ...limited(responseTime?.p95ThresholdMs, msText),
  },
  {
    ...{ trigger: 'health_check_failures', title: 'Failed health checks', say: String, of: 'probes' },
    ...limited(healthCheckFailures?.threshold, String),
  },
  ...usageDrawn(usage),
  {
    ...{ trigger: 'comparison', title: 'Evidence against the candidate, compared with stable' },
    ...{ say: evidenceText, of: 'requests' },
    ...limited(comparison && Math.log10(FULL / comparison.alpha), evidenceText),
  },
  ...Object.entries(metrics).map(([name, metric]) => drawnMetric(name, metric)),
];

/** With two limits the line is that of the upper one, and its words have both. */
const drawnMetric = (name: string, { min, max, beside }: MetricTrigger): Drawn => ({
  ...{ trigger: `metric:${name}`, title: name, say: numberText },
  ...limited(max ?? min, (value) => (max === undefined ? numberText(value) : limitText({ min, max }))),
  ...(max === undefined && (min !== undefined || beside?.direction === 'decrease') ? { isLow: true } : {}),
});

const usageDrawn = ({ cpu, memory }: Pick<Triggers, Resource>): readonly Drawn[] => [
  {
    ...{
      trigger: 'cpu',
      title: 'Processors that one instance uses, at most',
      say: shareText,
      of: 'instances',
    },
    ...limited(cpu && cpu.threshold / FULL, shareText),
  },
  {
    ...{ trigger: 'memory', title: 'Memory of one instance, at most', say: bytesText, of: 'instances' },
    ...limited(memory?.threshold, bytesText),
  },
];

const limited = (value: number | undefined, say: (value: number) => string): Pick<Drawn, 'limit'> =>
  value === undefined ? {} : { limit: { value, text: `limit ${say(value)}` } };

function trigger(d: DeploymentReport, of: Drawn, n: number, from: number, to: number): Markup {
  const buckets = d.watched.series[of.trigger] ?? [];
  const { say, title, limit } = of;
  const values = buckets.flatMap((b) => [b.least ?? 0, b.most ?? 0, b.stable ?? 0]);
  const all = [0, ...values, (limit?.value ?? 0) * HEADROOM];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const id = `d${String(n)}-${of.trigger}`;
  const ofAll = of.trigger === 'error_rate' ? Math.min(most, 1) : most;
  const frame = {
    id,
    title,
    text: textOf(buckets, of),
    from,
    to,
    least,
    most: ofAll,
    say,
    ...(limit && { limit }),
  };
  const gapMs = GAP_LOOKS * d.intervalMs;
  return chart(
    frame,
    [
      { kind: 'stable', points: lineOf(buckets, gapMs, (b) => b.stable) },
      { kind: 'candidate', points: lineOf(buckets, gapMs, (b) => worstOf(b, of)) },
    ],
    buckets.flatMap((b) => markOf(b, of, buckets.length)),
    stretches(buckets, of.of === 'requests' ? (d.watched.series.source ?? []) : []),
  );
}
const HEADROOM = 1.4;

const worstOf = ({ least, most }: Bucket, { isLow }: Drawn): number | undefined =>
  isLow === true ? least : most;

/** As many looks may be late before the line is broken. */
const GAP_LOOKS = 4;

/** A point for each bucket, where it begins; broken where nothing was seen. */
function lineOf(
  buckets: readonly Bucket[],
  gapMs: number,
  of: (bucket: Bucket) => number | undefined,
): Line['points'] {
  return buckets.flatMap((b, i) => {
    const before = buckets[i - 1];
    const at = middle(b);
    const broken = before !== undefined && Date.parse(b.from) - Date.parse(before.to) > gapMs;
    return [...(broken ? [{ at, value: undefined }] : []), { at, value: of(b) }];
  });
}

const middle = ({ from, to }: Bucket): number => (Date.parse(from) + Date.parse(to)) / 2;

/** Every point while there are few, later only those that are not good. */
function markOf(b: Bucket, drawn: Drawn, points: number): readonly Mark[] {
  const { say, of } = drawn;
  const worst = worstOf(b, drawn);
  const noteworthy = b.worst === 'fail' || b.beyond === true;
  if (!noteworthy && (points > FEW || worst === undefined)) return [];
  const seen = b.beyond === true ? 'beyond what is measured' : worst === undefined ? 'no value' : say(worst);
  const text = `${clock(Date.parse(b.from))}: ${seen}${of === undefined ? '' : ` of ${String(b.of ?? 0)} ${of}`}, ${b.worst}`;
  return [{ at: middle(b), value: b.beyond === true ? undefined : worst, kind: b.worst, text }];
}
const FEW = 60;

/** The verdicts of a trigger, and the silence of what it asks, as stretches that follow each other. */
function stretches(buckets: readonly Bucket[], silence: readonly Bucket[]): readonly Stretch[] {
  const all = [...buckets, ...silence].toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from));
  const out: { from: number; to: number; kind: VerdictKind }[] = [];
  for (const { from, to, worst } of all) {
    const [begin, end] = [Date.parse(from), Date.parse(to)];
    const last = out.at(-1);
    if (last?.kind === worst) last.to = Math.max(last.to, end);
    else {
      if (last !== undefined) last.to = Math.max(last.from, begin);
      out.push({ from: begin, to: end, kind: worst });
    }
  }
  return out;
}

function textOf(buckets: readonly Bucket[], { say, of }: Drawn): string {
  const numbers = buckets.flatMap(({ least, most }) => [least ?? [], most ?? []].flat());
  const worst = buckets.map((b) => b.worst).reduce<VerdictKind>(worseOf, 'pass');
  const samples = buckets.reduce((n, b) => n + b.samples, 0);
  const most = Math.max(0, ...buckets.map((b) => b.of ?? 0));
  const range =
    numbers.length === 0
      ? 'without numbers'
      : `from ${say(Math.min(...numbers))} to ${say(Math.max(...numbers))}${of === undefined ? '' : ` of up to ${String(most)} ${of}`}`;
  return `${String(samples)} samples, ${range}; the worst verdict is ${plain(worst)}`;
}
