import { setTimeout as sleep } from 'node:timers/promises';
import { FULL } from '../../domain/plan.js';
import { readExample, type ExampleManifest, type ExampleRelease } from '../example/manifest.js';
import { clock } from '../render/text.js';
import { answerOf, shipway, typed, type Place } from './command.js';
import { eventsOf, type Event, type Status } from './events.js';
import { startTraffic, type Traffic } from './traffic.js';

export interface Shipped {
  readonly release: ExampleRelease;
  readonly run: string;
  readonly outcome: string;
  readonly reason: string;
  readonly events: readonly Event[];
  /** When it was asked for, and when the next thing was. */
  readonly from: number;
  readonly to: number;
}
export interface Story {
  readonly shipped: readonly Shipped[];
  /** Of all the time; absent when no release ever served. */
  readonly traffic?: Traffic;
}
export interface ShipOptions {
  readonly place: Place;
  readonly example: string;
  readonly interactive: boolean;
  readonly say: (line: string) => void;
}
/** What shipping one release after the other shares. */
interface Demo extends ShipOptions {
  readonly manifest: ExampleManifest;
  traffic?: Traffic;
}

const RATE = 100;
const LOOK_MS = 1_000;
const VERSION_HEADER = 'x-version';
const WHO_SHIPS = 'alice';
const WHO_APPROVES = 'bob';

/** Ships every release of the example in its order; from the moment the first one serves users come all the time. */
export async function shipReleases(options: ShipOptions): Promise<Story> {
  const { manifest } = await readExample(options.example);
  const demo: Demo = { ...options, manifest };
  const shipped: Shipped[] = [];
  try {
    for (const release of manifest.releases) shipped.push(await shipOne(demo, release));
  } finally {
    await demo.traffic?.stop();
  }
  return { shipped, ...(demo.traffic === undefined ? {} : { traffic: demo.traffic }) };
}

async function shipOne(demo: Demo, release: ExampleRelease): Promise<Shipped> {
  const { place, manifest, say } = demo;
  const from = Date.now();
  const asked = ['run', '--environment', manifest.environment, '--release', release.tag, '--as', WHO_SHIPS];
  say('');
  say(`${release.tag} → ${manifest.environment}: ${release.message}`);
  say(`  $ shipway ${asked.join(' ')}`);
  const { run } = await answerOf<{ run: string }>(place, [...asked, '--detach']);
  const status = await followed(demo, run);
  const { outcome = 'none', reason = '' } = status.run;
  say(`  ${release.tag} ${outcome.replaceAll('_', ' ')}: ${reason}`);
  return { release, run, outcome, reason, events: eventsOf(status), from, to: Date.now() };
}

/** Looks at a run until it has an outcome, says what happened in it, answers when it asks, and lets users come once they can. */
async function followed(demo: Demo, run: string): Promise<Status> {
  const { place, say } = demo;
  const said = new Set<string>();
  let asked: string | undefined;
  for (;;) {
    const status = await answerOf<Status>(place, ['status', run]);
    for (const line of eventsOf(status).map(({ at, what }) => `  ${clock(at)}  ${what}`))
      if (!said.has(line)) {
        said.add(line);
        say(line);
      }
    letUsersCome(demo, status);
    if (status.run.outcome !== undefined) return status;
    const { waitingFor } = status.run;
    if (waitingFor?.question === 'approval' && waitingFor.decision !== asked) {
      asked = waitingFor.decision;
      await answered(demo, run);
    }
    await sleep(LOOK_MS, undefined, { signal: place.signal });
  }
}

function letUsersCome(demo: Demo, { deployment }: Status): void {
  const { address, shares = {} } = deployment ?? {};
  if (demo.traffic !== undefined || address === undefined || !Object.values(shares).includes(FULL)) return;
  const { paths } = demo.manifest.traffic;
  demo.traffic = startTraffic({ address, paths, rate: RATE, versionHeader: VERSION_HEADER });
  demo.say(`  users come from now on: ${String(RATE)} requests a second to ${address}`);
}

async function answered({ place, interactive, say }: Demo, run: string): Promise<void> {
  const args = ['approve', run, '--as', WHO_APPROVES];
  if (interactive) {
    say(`  it waits for somebody other than ${WHO_SHIPS}, who asked for it. Approve it in another terminal:`);
    say(`    cd ${place.directory} && ${typed()} ${args.join(' ')}`);
    return;
  }
  say(`  it waits for somebody other than ${WHO_SHIPS}, who asked for it`);
  say(`  $ shipway ${args.join(' ')}`);
  const ended = await shipway(place, args);
  if (ended.code !== 0) throw new Error(ended.stderr);
}
