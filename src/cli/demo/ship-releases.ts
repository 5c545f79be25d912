import { FULL } from '../../domain/plan.js';
import { readExample, type ExampleManifest, type ExampleRelease } from '../example/manifest.js';
import { clock } from '../render/text.js';
import { answerOf, linesFrom, shipway, typed, type Place } from './command.js';
import { eventBook, eventsOf, type Event, type Status } from './events.js';
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
  /** Of all the time, by the environment that served it. */
  readonly traffic: ReadonlyMap<string, Traffic>;
}
export interface ShipOptions {
  readonly place: Place;
  readonly example: string;
  readonly interactive: boolean;
  /** Through all environments that the configuration leads through, not the manifest's alone. */
  readonly everywhere: boolean;
  readonly say: (line: string) => void;
}
/** What shipping one release after the other shares. */
interface Demo extends ShipOptions {
  readonly manifest: ExampleManifest;
  readonly traffic: Map<string, Traffic>;
}

const RATE = 100;
const VERSION_HEADER = 'x-version';
const WHO_SHIPS = 'alice';
const WHO_APPROVES = 'bob';

/** Ships every release of the example in its order; from the moment the first one serves users come all the time. */
export async function shipReleases(options: ShipOptions): Promise<Story> {
  const { manifest } = await readExample(options.example);
  const demo: Demo = { ...options, manifest, traffic: new Map() };
  const shipped: Shipped[] = [];
  try {
    for (const release of manifest.releases) shipped.push(await shipOne(demo, release));
  } finally {
    await Promise.all([...demo.traffic.values()].map((users) => users.stop()));
  }
  return { shipped, traffic: demo.traffic };
}

async function shipOne(demo: Demo, release: ExampleRelease): Promise<Shipped> {
  const { place, manifest, say } = demo;
  const from = Date.now();
  const to = demo.everywhere ? [] : ['--environment', manifest.environment];
  const asked = ['run', ...to, '--release', release.tag, '--as', WHO_SHIPS];
  say('');
  say(`${[release.tag, ...to.slice(1)].join(' → ')}: ${release.message}`);
  say(`  $ shipway ${asked.join(' ')}`);
  const { run } = await answerOf<{ run: string }>(place, [...asked, '--detach']);
  const book = eventBook();
  const status = await followed(demo, run, book.add);
  const { outcome = 'none', reason = '' } = status.run;
  say(`  ${release.tag} ${outcome.replaceAll('_', ' ')}: ${reason}`);
  return { release, run, outcome, reason, events: book.all(), from, to: Date.now() };
}

/** Watches a run until it has an outcome, says what happens in it, answers when it asks, and lets users come once they can. */
async function followed(
  demo: Demo,
  run: string,
  fresh: (events: readonly Event[]) => readonly Event[],
): Promise<Status> {
  let [last, asked]: [Status | undefined, string | undefined] = [undefined, undefined];
  for await (const line of linesFrom(demo.place, ['watch', run, '--json', '--changes'])) {
    const status = JSON.parse(line) as Status;
    for (const event of fresh(eventsOf(status))) demo.say(`  ${clock(event.at)}  ${placed(demo, event)}`);
    letUsersCome(demo, status);
    const { waitingFor } = status.run;
    if (waitingFor?.question === 'approval' && waitingFor.decision !== asked) {
      asked = waitingFor.decision;
      await answered(demo, run);
    }
    last = status;
  }
  if (last === undefined) throw new Error(`shipway watch said nothing of ${run}`);
  return last;
}

/** What happened, and where if that is not clear. */
const placed = ({ everywhere }: Demo, { what, environment }: Event): string =>
  everywhere && environment !== undefined ? `${environment}: ${what}` : what;

function letUsersCome({ traffic, manifest, say }: Demo, { deployment }: Status): void {
  const { environment = '', address, others = [], shares = {} } = deployment ?? {};
  if (traffic.has(environment) || address === undefined || !Object.values(shares).includes(FULL)) return;
  const { paths } = manifest.traffic;
  const [other] = others;
  const users = { address, other, paths, rate: RATE, versionHeader: VERSION_HEADER };
  traffic.set(environment, startTraffic(users));
  say(`  users come from now on: ${String(RATE)} requests a second to ${[address, ...others].join(' and ')}`);
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
