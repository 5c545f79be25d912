import { Context } from '@temporalio/activity';
import type {
  Counters,
  Observation,
  Sample,
  WatchBeat,
  WatchInput,
  WatchResult,
} from '../src/domain/watching.js';
import type { Watched } from '../src/domain/ports.js';
import { BUILT_IN } from '../src/domain/adapters.js';
import { queriesLeft } from '../src/domain/queries.js';
import { watchLoop } from '../src/domain/watch-loop.js';
import { ShipwayError } from '../src/errors.js';
import { ANSWER_MS, answered } from './answered.js';
import type { EffectDeps } from './deps.js';
import { readings } from './readings.js';
import { sayOf } from './say-of.js';
import { stableHealth } from './stable-health.js';
import { usageAt } from './usage-at.js';
import { routersThere, worldOf } from './world.js';

const BEAT_MS = 1_000;

/**
 * Watches one phase. Interrupted it returns what it knows; after a dead worker the next attempt starts from the last beat.
 * Needs no permit: it changes nothing.
 */
export const watch =
  (deps: EffectDeps) =>
  async (input: WatchInput): Promise<WatchResult> => {
    const context = Context.current();
    const { cancellationSignal: signal } = context;
    let last: WatchBeat = (context.info.heartbeatDetails as WatchBeat | undefined) ?? input.evidence;
    const { verdict: _, ...evidence } = last;
    // Repeated between looks: a beat without it would erase what the next attempt starts from.
    const timer = setInterval(() => {
      context.heartbeat(last);
    }, BEAT_MS);
    try {
      return await watchLoop(
        { ...input, evidence },
        {
          now: Date.now,
          sleep: (ms) => pause(ms, signal),
          interrupted: () => signal.aborted,
          observe: (seen) => observe(deps, input, seen, signal),
          keep: (samples) => keep(deps, samples),
          beat: (beat) => {
            last = beat;
            context.heartbeat(beat);
          },
        },
      );
    } finally {
      clearInterval(timer);
    }
  };

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

async function observe(
  deps: EffectDeps,
  input: WatchInput,
  seen: readonly Observation[],
  signal: AbortSignal,
): Promise<Observation> {
  // A worker without its adapter is a source that does not answer.
  const world = (): Promise<EffectDeps> => worldOf(deps, input);
  const asked = Promise.all([
    readings(async () => (await world()).metrics, input, signal),
    usageAt(world, input, signal),
    stableHealth(world, input, signal),
  ]);
  const { liveness, candidate } = input;
  const [health, sample] = await Promise.allSettled([
    world().then(({ provider }) =>
      answered(
        signal,
        (ending) => provider.health(input, candidate.slot, liveness, ending),
        // A probe has its own time.
        ANSWER_MS + liveness.timeoutMs,
      ),
    ),
    world().then(({ metrics }) =>
      answered(signal, async (ending) => metrics.sample(input, ending, await watched(deps, input, seen))),
    ),
  ]);
  const [read, used, theirs] = await asked;
  const probed =
    health.status === 'fulfilled'
      ? health.value
      : { probes: 0, failures: 0, unavailable: sayOf(health.reason) };
  const rest = { health: probed, ...theirs, ...used, ...read };
  if (sample.status === 'rejected') return { at: Date.now(), unavailable: sayOf(sample.reason), ...rest };
  const { at, counters, partly } = sample.value;
  return {
    ...{ at, counters: counters.filter(judgedIn(input)), ...rest },
    ...(partly === undefined ? {} : { unavailable: partly }),
  };
}

async function watched(deps: EffectDeps, input: WatchInput, seen: readonly Observation[]): Promise<Watched> {
  const { adapters, candidate, stable, plan } = input;
  const { queries } = plan;
  const { router } = adapters ?? BUILT_IN;
  return {
    ...(queries === undefined
      ? {}
      : { queries: queriesLeft(queries, router, await routersThere(deps, input)) }),
    of: [candidate, ...(stable === undefined ? [] : [stable])],
    seen,
  };
}

/** A target's source remembers releases that are long gone; evidence that carried them would grow with every one of them. */
const judgedIn =
  ({ candidate, stable }: WatchInput) =>
  ({ release, slot }: Counters): boolean =>
    [candidate, stable].some((who) => who?.release === release && who.slot === slot);

/** A store that is gone must not blind the watch: the verdict counts, its record is lost for this look and said so in the log. */
async function keep({ store }: EffectDeps, samples: readonly Sample[]): Promise<void> {
  try {
    await store.samples.add(samples);
  } catch (error) {
    if (!(error instanceof ShipwayError)) throw error;
    Context.current().log.warn('samples could not be kept', { why: error.message, samples: samples.length });
  }
}
