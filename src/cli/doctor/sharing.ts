import { apiClient } from '../../client/api.js';
import { CommandError } from '../../client/failure.js';
import type { ShipwayClient } from '../../client.js';
import { DIGEST } from '../../domain/release.js';
import type { Sighting } from '../../domain/sighting.js';
import { settings, withClient } from '../context.js';
import { attempt, bad, short, unknown, well, type Check } from './check.js';
import type { Values } from '../table.js';

const BEHIND_MS = -2_000;
/** The question may have waited for three seconds. */
const AHEAD_MS = 5_000;

/** What workers see: that all have one artifact store, one policy, and the time. A control worker puts something there, others look. */
export const checkSharing = (values: Values): Promise<readonly Check[]> =>
  attempt('workers', () =>
    withClient(values, async (client) => {
      const { count } = await client.pollers('control', 'workflows');
      if (count === 0)
        return [unknown('artifact store', 'no control worker to ask', 'start one, then ask again')];
      const sightings = await seen(client);
      if (sightings === undefined) return [SILENT];
      const rules = await apiClient(await settings(values))
        .policy()
        .then(({ hash }) => hash)
        .catch(ifSilent);
      return judged(sightings, rules);
    }),
  );

/** `undefined`: nobody has answered in time, as when a worker hangs, or was killed a moment ago. */
async function seen(client: ShipwayClient): Promise<readonly Sighting[] | undefined> {
  try {
    return (await client.housekeep({ only: 'sightings' })).sightings ?? [];
  } catch (error) {
    if (error instanceof CommandError && error.kind === 'unanswered') return undefined;
    throw error;
  }
}
const SILENT = bad(
  'workers',
  'one has polled just now, and none answers',
  'see the checks `worker: …`: one waits while its database or its artifact store does not answer; else look whether a control worker still runs, and at its log, and kill and start again one that hangs',
);

/** An API that is away, or refuses, has checks of its own. */
function ifSilent(error: unknown): undefined {
  if (error instanceof CommandError) return undefined;
  throw error;
}

/** What these sightings say, of the policy with the hash that rules. */
export const judged = (sightings: readonly Sighting[], rules: string | undefined): readonly Check[] => [
  store(sightings),
  ...routers(sightings),
  ...flags(sightings),
  ...channels(sightings),
  ...elsewhere(sightings),
  clocks(sightings),
  policies(sightings, rules),
];

const whoOf = ({ queue, worker = 'nobody' }: Sighting): string => `${worker} of ${queue}`;
const answered = (sightings: readonly Sighting[]): readonly Sighting[] =>
  sightings.filter(({ worker }) => worker !== undefined);

function store(sightings: readonly Sighting[]): Check {
  const name = 'artifact store';
  const blind = answered(sightings).find(({ artifact }) => artifact !== 'seen');
  if (blind !== undefined)
    return bad(
      name,
      `${whoOf(blind)} does not see what a control worker has put there: ${blind.artifact ?? ''}`,
      'give all workers with credentials the same folder (SHIPWAY_ARTIFACT_DIR), and stage workers that API (SHIPWAY_API_URL)',
    );
  const silent = sightings.find(({ worker }) => worker === undefined);
  if (silent !== undefined)
    return unknown(
      name,
      `nobody had time to look for queue ${silent.queue}`,
      'ask again when its workers have time',
    );
  return well(name, `shared by ${String(answered(sightings).length)} who were asked`);
}

const routers = (sightings: readonly Sighting[]): readonly Check[] =>
  sightings.flatMap(({ router, queue }) =>
    answering(`router of ${queue}`, router, 'start the gateway of that host, and look for who has its port'),
  );

const flags = (sightings: readonly Sighting[]): readonly Check[] =>
  sightings.flatMap(({ flags: said, queue }) =>
    answering(
      `flags of ${queue}`,
      said,
      'see that worker’s log, and look for who has the port: SHIPWAY_FLAGS_PORT names another',
    ),
  );

const answering = (name: string, said: string | undefined, next: string): readonly Check[] =>
  said === undefined ? [] : [said === 'answers' ? well(name, said) : bad(name, said, next)];

/** Nothing is said where no control worker sends messages, or the policy has no channel. */
function channels(sightings: readonly Sighting[]): readonly Check[] {
  const name = 'channels to people';
  const own = sightings.filter(({ channels: of }) => of !== undefined);
  if (own.length === 0) return [];
  const lacking = own.find(({ channels: of = [] }) => of.length > 0);
  return [
    lacking === undefined
      ? well(name, 'control workers have the credentials of all')
      : bad(
          name,
          `${whoOf(lacking)}: ${(lacking.channels ?? []).join('; ')}`,
          'set the variable or the file on all control workers: what waits is sent then',
        ),
  ];
}

const elsewhere = (sightings: readonly Sighting[]): readonly Check[] =>
  sightings.flatMap(({ elsewhere: seen = {}, queue }) =>
    Object.entries(seen).flatMap(([name, said]) =>
      answering(`${name} of ${queue}`, said, 'read the reason; the policy says where it is to be'),
    ),
  );

function clocks(sightings: readonly Sighting[]): Check {
  const name = 'clocks';
  if (answered(sightings).length === 0)
    return unknown(name, 'no worker answered', 'ask again when workers have time');
  const wrong = sightings.find(({ aheadMs = 0 }) => aheadMs < BEHIND_MS || aheadMs > AHEAD_MS);
  return wrong === undefined
    ? well(name, 'workers have Temporal’s time')
    : short(
        name,
        `${whoOf(wrong)} is ${String(Math.round((wrong.aheadMs ?? 0) / 1000))} s from Temporal’s`,
        'set the clocks of the machines by a time server',
      );
}

function policies(sightings: readonly Sighting[], rules: string | undefined): Check {
  const name = 'policy files';
  const own = sightings.filter(({ policy }) => policy !== undefined);
  const next = 'give all control workers the file that is to rule, and start them again';
  const broken = own.find(({ policy = '' }) => !DIGEST.test(policy));
  if (broken !== undefined) return short(name, `${whoOf(broken)}: ${broken.policy ?? ''}`, next);
  if (rules === undefined || own.length === 0)
    return unknown(name, 'which policy rules is not known', 'see the checks of the API');
  const other = own.find(({ policy }) => policy !== rules);
  return other === undefined
    ? well(name, 'those of control workers are the policy that rules')
    : short(name, `that of ${whoOf(other)} is not the policy that rules`, next);
}
