import { columns } from '../output.js';
import { clock } from '../render/text.js';
import { answerOf, shipway, type Place } from './command.js';
import type { Shipped, Story } from './ship-releases.js';
import { NO_ANSWER, USERS, type ByVersion, type Traffic } from './traffic.js';

export interface SummaryOptions {
  readonly place: Place;
  readonly story: Story;
  readonly uiUrl: string;
  /** It all goes on when the demo has ended. */
  readonly keep: boolean;
  readonly print: (line: string) => void;
}

/** Says what happened, release by release, and checks the audit. `false` when anything ended other than the example says. */
export async function summary({ place, story, uiUrl, keep, print }: SummaryOptions): Promise<boolean> {
  for (const line of story.shipped.flatMap((s) => ['', ...releaseLines(s, story)])) print(line);
  print('');
  const once = story.traffic.size < 2 || (await builtOnce(place, story, print));
  const audit = await shipway(place, ['audit', '--verify']);
  const said = `${audit.stdout}${audit.stderr}`;
  print(audit.code === 0 ? 'audit chain verified' : `audit chain NOT verified:\n${said}`);
  print(`Temporal UI: ${uiUrl}${keep ? '' : ' (it ends with this demo)'}`);
  const good = once && story.shipped.every((s) => asExpected(s, story));
  if (!good) print('NOT as expected: see above');
  return good && audit.code === 0;
}

/** Whether each version is one release, however many environments it went to. */
async function builtOnce(
  place: Place,
  { shipped, traffic }: Story,
  print: (line: string) => void,
): Promise<boolean> {
  const { releases } = await answerOf<{ releases: readonly unknown[] }>(place, ['releases']);
  print(
    `${String(releases.length)} releases were built for ${String(shipped.length)} versions, and shipped to ${[...traffic.keys()].join(' and ')}`,
  );
  return releases.length === shipped.length;
}

/** A release that is expected to ship does so without one failed request, and one that is not passes where it is good. */
function asExpected({ release, outcome, from, to }: Shipped, { traffic }: Story): boolean {
  if (outcome !== (release.expect ?? 'shipped')) return false;
  const good = outcome === 'shipped' ? [...traffic.values()] : [...traffic.values()].slice(0, -1);
  return good.every((users) => totals(users.between(from, to)).failed === 0);
}

function releaseLines(shipped: Shipped, { traffic }: Story): readonly string[] {
  const { release, run, outcome, reason, from, to } = shipped;
  const seconds = ((to - from) / 1000).toFixed(0);
  const parts = [...traffic].flatMap(([environment, users], i) => {
    const last = i === traffic.size - 1;
    const here = inEnvironment(shipped, environment, traffic.size === 1 || i === 0);
    return [
      ...(traffic.size < 2 ? [] : [`in ${environment}:`]),
      ...stepLines(here, users),
      ...servedLines(shipped, users, last),
    ];
  });
  return [
    `${release.tag} ${outcome.replaceAll('_', ' ')}: ${reason} (run ${run}, ${seconds} s)`,
    ...parts.map((line) => `  ${line}`),
    ...(release.lesson === undefined ? [] : [`  ${release.lesson}`]),
  ];
}

/** What happened in one environment; what none has of its own is told with the first. */
const inEnvironment = (shipped: Shipped, environment: string, first: boolean): Shipped => ({
  ...shipped,
  events: shipped.events.filter(
    (e) => e.environment === environment || (first && e.environment === undefined),
  ),
});

/** Each step with what users got until the next one. */
function stepLines({ events, from, to }: Shipped, traffic: Traffic): readonly string[] {
  const versions = [...traffic.between(from, to).keys()].toSorted();
  const rows = events.map(({ at, what }, i) => {
    const served = traffic.between(at, events[i + 1]?.at ?? to);
    const counts = versions.map((v) => served.get(v)?.requests ?? 0);
    return [clock(at), what, ...[...counts, totals(served).failed].map((n) => String(n).padStart(6))];
  });
  return columns([['UTC', 'what happened', ...versions.map((v) => v.padStart(6)), 'failed'], ...rows]);
}

/** `last`: where the release ended. */
function servedLines(
  { release, outcome, from, to }: Shipped,
  traffic: Traffic,
  last: boolean,
): readonly string[] {
  const served = traffic.between(from, to);
  const { requests, failed } = totals(served);
  const each = [...served]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(
      ([version, count]) =>
        `${version} ${String(count.requests)}${version === NO_ANSWER ? '' : ` (${String(count.failed)} failed)`}`,
    );
  const line = `${String(requests)} requests served while it shipped, ${String(failed)} failed: ${each.join(', ')}`;
  if (outcome === 'shipped' || !last) return [line];
  const { users, ms } = traffic.met(release.tag);
  return [
    line,
    `${String(users)} of ${String(USERS)} users met ${release.tag}, for ${(ms / 1000).toFixed(1)} s; then nobody did, and no person had to act`,
  ];
}

function totals(served: ByVersion): { requests: number; failed: number } {
  const all = [...served.values()];
  const sum = (of: 'requests' | 'failed'): number => all.reduce((total, count) => total + count[of], 0);
  return { requests: sum('requests'), failed: sum('failed') };
}
