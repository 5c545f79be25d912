import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startGuard, type Guard } from '../dev/guard.js';
import { removeData } from '../dev/postgres-place.js';
import { type Place } from './demo/command.js';
import { startDev, type DevProcess } from './demo/dev-process.js';
import { makeExample } from './demo/make-example.js';
import { afterwards, meanwhile } from './demo/next-steps.js';
import { routerKind, type StartedRouter } from './demo/router.js';
import { shipReleases, type Story } from './demo/ship-releases.js';
import { summary } from './demo/summary.js';
import { readExample } from './example/manifest.js';
import { interrupted } from './interrupt.js';
import { result, string } from './output.js';
import type { Command } from './table.js';

interface DemoOptions {
  readonly example: string;
  /** Leaves servers, instances and folder as they are at the end. */
  readonly keep: boolean;
  /** Waits for a person to approve from another terminal. */
  readonly interactive: boolean;
  /** Ships through all environments of the example, not to one. */
  readonly environments: boolean;
  /** Another than shipway's own. */
  readonly router: string | undefined;
  /** One JSON object on stdout; what a person would read goes to stderr. */
  readonly json: boolean;
}
/** One demo: its folder, what ends it early, and what cleans up should this process die. */
interface Stage extends DemoOptions {
  readonly place: Place;
  readonly guard: Guard;
  dev?: DevProcess;
  served?: StartedRouter;
  kept: boolean;
}

/**
 * Shows the whole way by public commands only: an example service under constant traffic, its releases shipped one after the other,
 * the bad one rolled back by its metrics. Exit code 0 when every release ended as the example says; everything it started is ended,
 * also when it is interrupted (130) or killed.
 */
async function show(options: DemoOptions): Promise<number> {
  await readExample(options.example);
  if (options.router !== undefined) routerKind(options.router);
  const signal = interruption();
  const folder = await mkdtemp(join(tmpdir(), 'shipway-demo-'));
  const directory = join(folder, options.example);
  const guard = startGuard();
  guard.folder(folder);
  guard.data(dataOf(directory));
  const stage: Stage = { ...options, place: { directory, signal }, guard, kept: false };
  try {
    return await story(stage);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw interrupted('interrupted: what the demo had started has ended', 'shipway demo begins anew');
  } finally {
    if (!stage.kept) {
      say('\nending everything …');
      await stage.dev?.stop();
      await stage.served?.stop();
      await removeData(dataOf(directory));
      await rm(folder, { recursive: true, force: true });
      // All that it guards is gone, and it would be there for a moment longer than the demo.
      guard.release();
    }
  }
}

async function story(stage: Stage): Promise<number> {
  const { place, guard, example, interactive, router } = stage;
  if (router !== undefined) {
    say(`starting ${routerKind(router).programs.join(' and ')}`);
    stage.served = await routerKind(router).start(dirname(place.directory), guard);
  }
  say(`making the example in ${place.directory}`);
  await makeExample({ place, example, router, places: stage.served?.places });
  stage.dev = await startDev(place, guard, (line) => {
    say(`  ${line}`);
  });
  const { uiUrl } = await stage.dev.ready();
  const told = await shipReleases({ place, example, interactive, everywhere: stage.environments, say });
  const print = stage.json ? say : tell;
  const good = await summary({ place, story: told, uiUrl, keep: stage.keep, print });
  if (stage.json) result({ json: true }, { ok: good, releases: plain(told), uiUrl }, []);
  if (stage.keep) {
    stage.kept = true;
    guard.release();
    stage.dev.leave();
  }
  const { manifest } = await readExample(example);
  const pids = [stage.dev.pid, ...(stage.served?.pids ?? [])];
  const next = stage.keep ? meanwhile(place.directory, manifest.environment, pids) : afterwards();
  for (const line of next) print(line);
  return good ? 0 : 1;
}

/** Aborts at the first Ctrl-C; more of them, as `npm run` hands on, do not cut the clean-up short. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      controller.abort();
    });
  return controller.signal;
}

const dataOf = (directory: string): string => join(directory, '.shipway/postgres');

export const demo: Command = (values) =>
  show({
    example: string(values, 'example') ?? 'storefront',
    keep: values['keep'] === true,
    interactive: values['interactive'] === true,
    environments: values['environments'] === true,
    router: string(values, 'router'),
    json: values['json'] === true,
  });

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

/** Each release with what users got, by environment and version, while it shipped. */
const plain = ({ shipped, traffic }: Story) =>
  shipped.map(({ release, from, to, ...how }) => ({
    ...{ tag: release.tag, expected: release.expect ?? 'shipped', from, to },
    ...how,
    served: Object.fromEntries(
      [...traffic].map(([environment, users]) => [environment, Object.fromEntries(users.between(from, to))]),
    ),
  }));
