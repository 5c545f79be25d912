import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { AtRisk } from './at-risk.js';
import type { Routed } from './routing.js';
import { sameTarget, type TargetName } from './state.js';

/**
 * How a request ended for the user: what the release answered, no usable answer from it (connection, time), the user left, or the gateway
 * could not send it, which tells nothing of the release.
 */
export type Ending = 'answered' | '5xx' | 'connection' | 'aborted' | 'unsent';

/** Cumulative counts of one release in one slot since the process started. */
export interface SeriesSample {
  readonly release: string;
  readonly slot: string;
  readonly requests: number;
  /** Of `requests`: answered with 5xx, or not answered by the release. */
  readonly errors: number;
  /** Of `requests`: the user left before the answer was complete. */
  readonly aborted: number;
  readonly inflight: number;
  /** Requests of users who had had no error before, and the first errors among them; none while users are not told apart. */
  readonly atRisk: { readonly requests: number; readonly errors: number };
  /** Cumulative, ascending by `le`, an upper bound in seconds; the last `le` is null, which is infinity. */
  readonly buckets: readonly { readonly le: number | null; readonly count: number }[];
}
/** The counters of one release in one slot of one target. */
export interface Series {
  readonly begin: () => void;
  readonly retried: () => void;
  readonly end: (ending: Ending, seconds: number, user?: Routed['user']) => void;
}

/** Seconds, as Prometheus wants them. 2 s is a bound of its own: `response_time: 2000ms` is judged exactly. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10];
/** Series of one target that are kept; the oldest goes first. */
const KEPT = 20;
const NAMES = ['service', 'environment', 'release', 'slot'] as const;
type Labels = Record<(typeof NAMES)[number], string>;
const ERRORS = ['5xx', 'connection'] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#histogram();
  readonly #errors = this.#counter('errors', 'Requests that failed for the user, by class', [
    ...NAMES,
    'class',
  ]);
  readonly #aborted = this.#counter(
    'aborted',
    'Requests whose user left before the answer was complete',
    NAMES,
  );
  readonly #unsent = this.#counter(
    'unsent',
    'Requests that the gateway could not send for want of file descriptors or local ports; no other counter has them',
    NAMES,
  );
  readonly #retries = this.#counter('retries', 'Requests that were sent to a second member', NAMES);
  readonly #atRisk = this.#counter(
    'at_risk_requests',
    'Requests of users, told apart by bucket, who had had no error in this split before',
    NAMES,
  );
  readonly #firstErrors = this.#counter('first_errors', 'Requests at risk that failed for the user', NAMES);
  /** With the labels of a series and none of their own. */
  readonly #counters = [this.#aborted, this.#unsent, this.#retries, this.#atRisk, this.#firstErrors];
  readonly #inflight = new Gauge({
    name: 'shipway_gateway_inflight',
    help: 'Requests in flight',
    labelNames: NAMES,
    registers: [this.#registry],
  });
  readonly #users = new AtRisk();
  /** Requests of a series that is gone may still end; they must not bring it back. */
  readonly #gone = new WeakSet<Labels>();
  #known: { readonly labels: Labels; readonly series: Series }[] = [];

  /** The series, with every counter at 0 when it is new. A release that returns goes on counting where it was. */
  series(target: TargetName, slot: string, release: string): Series {
    const found = this.#of(target).find((k) => k.labels.slot === slot && k.labels.release === release);
    if (found !== undefined) {
      this.#known = [...this.#known.filter((k) => k !== found), found];
      return found.series;
    }
    const { service, environment } = target;
    const labels = { service, environment, release, slot };
    const series = this.#create(target, labels);
    this.#known.push({ labels, series });
    const old = this.#of(target).slice(0, -KEPT);
    for (const { labels: gone } of old) this.#forget(gone);
    return series;
  }

  /** Users of the target are told apart by `salt` from here on. */
  splitBy(target: TargetName, salt: string): void {
    this.#users.begin(target, salt);
  }

  forget(target: TargetName): void {
    for (const { labels } of this.#of(target)) this.#forget(labels);
    this.#users.forget(target);
  }

  /** All counters at one moment. */
  async sample(target: TargetName): Promise<SeriesSample[]> {
    const [requests, errors, aborted, inflight, atRisk, firstErrors] = await Promise.all([
      this.#requests.get(),
      this.#errors.get(),
      this.#aborted.get(),
      this.#inflight.get(),
      this.#atRisk.get(),
      this.#firstErrors.get(),
    ]);
    const of = (counted: { readonly values: Labelled }, labels: Labels): number =>
      sum(counted.values.filter((v) => has(v.labels, labels)));
    return this.#of(target).map(({ labels }) => {
      const counts = requests.values.filter((v) => has(v.labels, labels));
      return {
        release: labels.release,
        slot: labels.slot,
        requests: sum(counts.filter((v) => v.metricName?.endsWith('_count'))),
        errors: of(errors, labels),
        aborted: of(aborted, labels),
        inflight: of(inflight, labels),
        atRisk: { requests: of(atRisk, labels), errors: of(firstErrors, labels) },
        buckets: counts.filter((v) => 'le' in v.labels).map(bucket),
      };
    });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
  get contentType(): string {
    return this.#registry.contentType;
  }

  #of(target: TargetName): { readonly labels: Labels; readonly series: Series }[] {
    return this.#known.filter((k) => sameTarget(k.labels, target));
  }

  #create(target: TargetName, labels: Labels): Series {
    this.#requests.zero(labels);
    for (const kind of ERRORS) this.#errors.inc({ ...labels, class: kind }, 0);
    for (const counter of this.#counters) counter.inc(labels, 0);
    this.#inflight.inc(labels, 0);
    return {
      begin: () => {
        this.#inflight.inc(labels);
      },
      retried: () => {
        if (this.#gone.has(labels)) return;
        this.#retries.inc(labels);
      },
      end: (ending, seconds, user) => {
        if (this.#gone.has(labels)) return;
        this.#inflight.dec(labels);
        if (ending === 'unsent') {
          this.#unsent.inc(labels);
          return;
        }
        this.#requests.observe(labels, seconds);
        if (ending === 'aborted') this.#aborted.inc(labels);
        else if (ending !== 'answered') this.#errors.inc({ ...labels, class: ending });
        if (ending === 'aborted' || user === undefined) return;
        const failed = ending !== 'answered';
        if (!this.#users.counts(target, user, failed)) return;
        this.#atRisk.inc(labels);
        if (failed) this.#firstErrors.inc(labels);
      },
    };
  }

  #forget(labels: Labels): void {
    this.#known = this.#known.filter((k) => k.labels !== labels);
    this.#gone.add(labels);
    this.#requests.remove(labels);
    for (const kind of ERRORS) this.#errors.remove({ ...labels, class: kind });
    for (const metric of [...this.#counters, this.#inflight]) metric.remove(labels);
  }

  #histogram(): Histogram<keyof Labels> {
    return new Histogram({
      name: 'shipway_gateway_request_seconds',
      help: 'Requests by time from the first byte of the request to the last of the answer',
      labelNames: NAMES,
      buckets: BOUNDS,
      registers: [this.#registry],
    });
  }

  #counter<L extends string>(what: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({
      name: `shipway_gateway_${what}_total`,
      help,
      labelNames,
      registers: [this.#registry],
    });
  }
}

type Values = readonly { readonly value: number }[];
type Labelled = readonly {
  readonly value: number;
  readonly labels: Partial<Record<string, string | number>>;
}[];
const sum = (values: Values): number => values.reduce((total, v) => total + v.value, 0);
const has = (actual: Partial<Record<string, string | number>>, labels: Labels): boolean =>
  NAMES.every((name) => actual[name] === labels[name]);

function bucket({ labels, value }: { labels: object; value: number }): { le: number | null; count: number } {
  const le = (labels as { readonly le?: unknown }).le;
  return { le: typeof le === 'number' ? le : null, count: value };
}
