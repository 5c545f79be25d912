import { Context } from '@temporalio/activity';
import type { KeptRuns } from '../src/domain/old.js';
import { retentionOf } from '../src/domain/policy.js';
import type { Stored } from '../src/domain/ports.js';
import type { Digest } from '../src/domain/release.js';
import { GRACE_MS } from '../src/domain/retention.js';
import { beating } from './beating.js';
import { PAGE, type HousekeepingAsked, type HousekeepingDeps, type Swept } from './housekeeping.js';
import { openRuns } from './in-use.js';

/** Where the next attempt goes on, and what was done until there. */
interface Progress {
  readonly after?: Digest;
  readonly count: number;
  readonly bytes: number;
  readonly named: number;
  readonly young: number;
}

/**
 * Removes content that nothing kept names: not what was put or asked for within a day, nor since the oldest open run began, because what
 * its stages make is named by no row yet. Whoever comes to name it meanwhile has asked for it before, and was told that it is there or
 * not. Cut off, the next attempt goes on where this one was. Fails with `store.unavailable`, `policy.refused`.
 */
export const contentRemoved =
  (deps: HousekeepingDeps) =>
  ({ dryRun }: HousekeepingAsked): Promise<Swept> => {
    const told = Context.current().info.heartbeatDetails as Progress | undefined;
    let at: Progress = told ?? { count: 0, bytes: 0, named: 0, young: 0 };
    return beating(
      async (signal) => {
        const rules = await rulesNow(deps);
        for await (const page of pagesOf(deps.artifacts.list(at.after))) {
          signal.throwIfAborted();
          at = await removeFrom(deps, page, rules, dryRun, at);
        }
        const { count, bytes, named, young } = at;
        return { removed: { count, bytes }, kept: { named, young } };
      },
      () => at,
    );
  };

interface Rules {
  /** Epoch ms: what was put or asked for since stays. */
  readonly before: number;
  readonly named: ReadonlySet<Digest>;
}

async function rulesNow(deps: HousekeepingDeps): Promise<Rules> {
  const now = Date.now();
  const { artifactsMs } = retentionOf(await deps.policy());
  const { pipelines: open, since } = await openRuns(deps);
  const runs = { before: new Date(now - artifactsMs).toISOString(), open };
  return {
    before: Math.min(now - GRACE_MS, since),
    named: new Set([...(await deps.store.old.named(runs)), ...(await reportFiles(deps, runs))]),
  };
}

/** What the reports that are kept were read from: as in the store, whatever looks like a digest is one. Evidence that is gone itself names nothing. */
async function reportFiles(
  { store, artifacts }: HousekeepingDeps,
  runs: KeptRuns,
): Promise<readonly Digest[]> {
  const files: Digest[] = [];
  for (const digest of await store.old.evidence(runs)) {
    if (!(await artifacts.has(digest))) continue;
    const text = await beginning(await artifacts.get(digest));
    for (const [, file = ''] of text.matchAll(/"([0-9a-f]{64})"/g)) files.push(file);
  }
  return files;
}

/** A list of a thousand files with long paths is shorter; what a stage calls evidence may be anything. */
const MOST_BYTES = 16 * 1024 ** 2;
async function beginning(content: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of content) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) break;
  }
  return Buffer.concat(parts).toString('latin1');
}

async function removeFrom(
  { store, artifacts }: HousekeepingDeps,
  page: readonly Stored[],
  { before, named }: Rules,
  dryRun: boolean,
  at: Progress,
): Promise<Progress> {
  const old = page.filter((one) => one.at < before);
  const logged = new Set(await store.old.logged(old.map(({ digest }) => digest)));
  const go = old.filter(({ digest }) => !named.has(digest) && !logged.has(digest));
  const gone: Stored[] = [];
  for (const one of go) if (dryRun || (await artifacts.remove(one.digest, before))) gone.push(one);
  const last = page.at(-1)?.digest;
  return {
    ...(last === undefined ? {} : { after: last }),
    count: at.count + gone.length,
    bytes: at.bytes + gone.reduce((sum, { bytes }) => sum + bytes, 0),
    named: at.named + old.length - go.length,
    young: at.young + page.length - old.length + go.length - gone.length,
  };
}

async function* pagesOf(all: AsyncIterable<Stored>): AsyncIterable<readonly Stored[]> {
  let page: Stored[] = [];
  for await (const one of all) {
    page.push(one);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
