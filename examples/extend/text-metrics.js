// A metric source of one's own: counters in the text form that Prometheus reads, asked where they are made. It shows what `own:` takes:
// one object that keeps a port's contract, and a failure of shipway's table for everything that goes wrong.
import { ShipwayError } from 'shipway';

const TIMEOUT_MS = 3_000;

/**
 * @param {{ where: () => Promise<{ url: string, token?: string }> }} options Asked each time: what is scraped may move.
 * @returns {import('shipway').MetricSource}
 */
export function textMetrics({ where }) {
  return {
    async sample(target, signal) {
      signal.throwIfAborted();
      const [samples, { startedAt }] = await answers(where, signal);
      const of = samples.filter((s) =>
        ['service', 'environment'].every((label) => s.labels[label] === target[label]),
      );
      const seconds = of.filter(({ name }) => name.startsWith('shipway_gateway_request_seconds'));
      // Silence is not "no requests": nothing can be judged by it.
      if (seconds.length === 0) throw unavailable(`nothing is counted of ${target.service}`);
      return { at: Date.now(), counters: series(seconds).map((one) => counters(of, one, startedAt)) };
    },
  };
}

/** Both at once, so that the counters are of the start that they are said to be of. */
async function answers(where, signal) {
  try {
    const { url, token } = await where();
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const asked = async (path) => {
      const answer = await fetch(`${url}${path}`, { headers, signal: within });
      if (!answer.ok) throw new Error(`${path} answers ${String(answer.status)}`);
      return answer.text();
    };
    const [text, health] = await Promise.all([asked('/metrics'), asked('/health')]);
    return [parsed(text), JSON.parse(health)];
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw unavailable(`the counters do not answer: ${error.message}`, error);
  }
}

const unavailable = (message, cause) => new ShipwayError('metrics.unavailable', message, { cause });

/** `name{label="value"} 5`, a line each; no label of ours holds a quote. */
const parsed = (text) =>
  [...text.matchAll(/^(\w+)\{([^}]*)\} (\S+)$/gm)].map(([, name, labels, value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
    value: Number(value),
  }));

/** Each release in its slot, once. */
const series = (samples) => [
  ...new Map(
    samples.map(({ labels: { release, slot } }) => [`${release}/${slot}`, { release, slot }]),
  ).values(),
];

function counters(samples, { release, slot }, epoch) {
  const of = (name) =>
    samples.filter(
      (s) => s.name === `shipway_gateway_${name}` && s.labels.release === release && s.labels.slot === slot,
    );
  const sum = (name) => of(name).reduce((total, { value }) => total + value, 0);
  return {
    ...{ release, slot, epoch },
    // One whose user gave up says neither that the release is well nor that it is not.
    requests: sum('request_seconds_count') - sum('aborted_total'),
    errors: sum('errors_total'),
    latency: of('request_seconds_bucket').map(({ labels: { le }, value }) => ({
      leMs: le === '+Inf' ? null : Math.round(Number(le) * 1_000),
      count: value,
    })),
  };
}
