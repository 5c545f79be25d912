import { hostname } from 'node:os';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Context } from '@temporalio/activity';
import type { ArtifactStore } from '../src/domain/ports.js';
import type { Digest } from '../src/domain/release.js';
import type { Sighting } from '../src/domain/sighting.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps, HostDeps } from './deps.js';
import type { StageDeps } from './stage-job.js';

export interface Sought {
  readonly digest: Digest;
}

/** Puts something into the artifact store for all workers to find; the same all day, and housekeeping removes it. */
export const canaryKept =
  ({ artifacts }: { readonly artifacts: Pick<ArtifactStore, 'put'> }) =>
  async (): Promise<Digest> => {
    const content = `shipway canary ${new Date().toISOString().slice(0, 10)}\n`;
    return (await artifacts.put(Readable.from(Buffer.from(content)))).digest;
  };

/** What a control worker sees, also of its own policy file. */
export const seenByControl =
  ({ artifacts, ownPolicy, courier }: Pick<ControlDeps, 'artifacts' | 'ownPolicy' | 'courier'>) =>
  async ({ digest }: Sought): Promise<Sighting> => {
    const seen = await sighting(() => artifacts.get(digest));
    const policy = await ownPolicy?.();
    const channels = await courier?.missing();
    return {
      ...seen,
      ...(policy === undefined ? {} : { policy }),
      ...(channels === undefined ? {} : { channels }),
    };
  };

export const seenByHost =
  ({
    artifacts,
    router,
    elsewhere,
    flagsServed,
  }: Pick<HostDeps, 'artifacts' | 'router' | 'elsewhere' | 'flagsServed'>) =>
  async ({ digest }: Sought): Promise<Sighting> => {
    const { cancellationSignal: signal } = Context.current();
    // At once: each has a time of its own, and what hangs is not to take that of the others.
    const [seen, reach, flags, others] = await Promise.all([
      sighting(() => artifacts.get(digest)),
      reached(() => router.observe(NO_TARGET, signal)),
      flagsServed?.(),
      elsewhere?.(signal),
    ]);
    return {
      ...seen,
      router: reach,
      ...(flags === undefined ? {} : { flags }),
      ...(others === undefined ? {} : { elsewhere: others }),
    };
  };
/** To ask something that changes nothing. */
const NO_TARGET = { service: 'shipway', environment: 'doctor' };

async function reached(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
    return 'answers';
  } catch (error) {
    if (error instanceof ShipwayError) return error.message;
    throw error;
  }
}

export const seenByStage =
  ({ backend }: Pick<StageDeps, 'backend'>) =>
  ({ digest }: Sought): Promise<Sighting> =>
    sighting(() => backend.getArtifact(digest));

async function sighting(get: () => Promise<AsyncIterable<Uint8Array>>): Promise<Sighting> {
  const { taskQueue: queue, currentAttemptScheduledTimestampMs: asked } = Context.current().info;
  const aheadMs = Date.now() - asked;
  return { queue, worker: `${String(process.pid)}@${hostname()}`, aheadMs, artifact: await read(get) };
}

/** To its end: that there is a file says nothing of what is in it. */
async function read(get: () => Promise<AsyncIterable<Uint8Array>>): Promise<string> {
  try {
    await text(await get());
    return 'seen';
  } catch (error) {
    if (error instanceof ShipwayError) return error.message;
    throw error;
  }
}
