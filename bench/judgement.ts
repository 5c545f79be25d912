import { FULL } from '../src/domain/plan.js';
import type { Triggers } from '../src/domain/watch-plan.js';
import { breach } from './breach.js';
import {
  COMPARISON,
  ERROR_RATE,
  HEALTH_CHECK_FAILURES,
  RESPONSE_TIME,
  delayOf,
  judgedOften,
  type Judgement,
} from './judged.js';
import { quantile, type Row } from './measure.js';
import { argo, flagger, secondsOf, type Peer } from './plain-thresholds.js';
import type { Rate, Simulation } from './simulated-users.js';

const TIMES = 1_000;
const USERS = ['independent', 'clustered'] as const;
type Users = (typeof USERS)[number];
const DEFAULTS: Triggers = { errorRate: ERROR_RATE, comparison: COMPARISON };
/** Five of a hundred users: 20 requests of the candidate between two looks. */
const CANARY = 500;
const PER_LOOK = 400;
const OWN_PER_LOOK = (PER_LOOK * CANARY) / FULL;
const USUAL = 0.001;

/** What the rules decide, and when: simulated deployments with fixed seeds, and real ones. */
export async function judgement(): Promise<readonly Row[]> {
  return [
    ...USERS.map(falseRollbacks),
    ...USERS.flatMap(bothBad),
    bothStrained(),
    ...[0, 3_000].map(jumped),
    ...[0.2, 0.05, 0.02].flatMap((rate) => USERS.map((users) => caught(rate, users))),
    ...[0.2, 0.02].flatMap((rate) => [flagger, argo].map((peer) => byThresholds(peer, rate))),
    ...(await breach()),
  ];
}

const failed = (all: readonly Judgement[]): readonly number[] =>
  all.flatMap(({ failedAt }) => failedAt ?? []);
const always = (value: number) => (): number => value;

/** Both are the same, and one of a hundred requests or users fails; the shares are those of a canary. */
function falseRollbacks(users: Users): Row {
  const share: Simulation['share'] = (look) => (look < 334 ? 500 : look < 667 ? 2_500 : 5_000);
  const same = { perLook: 40, share, users, rate: { candidate: always(0.01), stable: always(0.01) } };
  const wrong = failed(judgedOften(TIMES, same, { comparison: COMPARISON }, 1_000)).length;
  const few = 100;
  const untold = failed(
    judgedOften(few, { ...same, untold: true }, { comparison: COMPARISON }, 1_000),
  ).length;
  const plain = failed(judgedOften(few, same, { errorRate: ERROR_RATE }, 1_000)).length;
  return {
    name: `false rollbacks by the comparison, identical versions, 1,000 looks, ${users} requests`,
    ...{ value: (100 * wrong) / TIMES, unit: '%', budget: COMPARISON.alpha / 100, better: 'less' },
    detail: `${String(wrong)} of ${String(TIMES)}, at 5, 25 and 50 %; were every error counted ${String(untold)} of ${String(few)}; by error_rate alone ${String(plain)} of ${String(few)}`,
  };
}

/** Something that both need is gone. */
function bothBad(users: Users): readonly Row[] {
  const outage: Rate = (_, look) => (look > 50 ? 0.2 : USUAL);
  const both = {
    perLook: PER_LOOK,
    share: always(CANARY),
    users,
    rate: { candidate: outage, stable: outage },
  };
  const wrong = (times: number, triggers: Triggers): number =>
    failed(judgedOften(times, both, triggers, 120)).length;
  const few = 200;
  const [compared, whole] = [wrong(TIMES, { comparison: COMPARISON }), wrong(few, DEFAULTS)];
  const what = '20 % of both fail from the 50th look to the 120th';
  return [
    {
      name: `rollbacks by the comparison when stable fails too, ${users} requests`,
      ...{ value: (100 * compared) / TIMES, unit: '%', budget: COMPARISON.alpha / 100, better: 'less' },
      detail: `${String(compared)} of ${String(TIMES)}; ${what}`,
    },
    // One user whose every request fails takes a plain limit along, whatever stable does: there is no bar for it.
    {
      name: `rollbacks with error_rate, too, when stable fails too, ${users} requests`,
      ...{ value: (100 * whole) / few, unit: '%' },
      detail: `${String(whole)} of ${String(few)}, as a configuration that says nothing of triggers; ${what}`,
    },
  ];
}

/** Something that both need is slow, and then away: of a fresh canary that has just got many users, and of a stable that has long had them. */
function bothStrained(): Row {
  const outage: Rate = (_, look) => (look > 50 && look <= 70 ? 0.9 : USUAL);
  const simulation: Omit<Simulation, 'random'> = {
    perLook: PER_LOOK,
    share: (look) => (look < 50 ? CANARY : 5_000),
    users: 'independent',
    rate: { candidate: always(USUAL), stable: always(USUAL) },
    strain: { candidate: outage, stable: outage },
  };
  const times = 200;
  const limits = { responseTime: RESPONSE_TIME, healthCheckFailures: HEALTH_CHECK_FAILURES };
  const wrong = failed(judgedOften(times, simulation, limits, 120)).length;
  return {
    name: 'rollbacks by response_time and health checks when stable is slow and unwell too',
    ...{ value: (100 * wrong) / times, unit: '%' },
    detail: `${String(wrong)} of ${String(times)}; of both 90 % are slow and fail their probes from the 50th look to the 70th of 120, after a step from 5 to 50 % of the users`,
  };
}

/** How many requests each of the deployments takes until it is found bad. */
function delays(rate: number, good: number, users: Users, times: number): readonly number[] {
  const candidate: Rate = (n) => (n >= good ? rate : USUAL);
  const simulation = {
    perLook: PER_LOOK,
    share: always(CANARY),
    users,
    rate: { candidate, stable: always(USUAL) },
  };
  return judgedOften(times, simulation, DEFAULTS, 2_000).map((one) => delayOf(one, good));
}

function jumped(good: number): Row {
  const all = delays(0.2, good, 'independent', TIMES);
  return {
    name: `requests to the verdict, 20 % of them fail ${good === 0 ? 'from the start' : `after ${String(good)} good ones`}`,
    ...{ value: quantile(all, 0.95), unit: 'requests', budget: 40 + OWN_PER_LOOK, better: 'less' },
    detail: `95 of 100 of ${String(TIMES)}, median ${String(quantile(all, 0.5))}; 5 % of the users, ${String(OWN_PER_LOOK)} requests from look to look`,
  };
}

function caught(rate: number, users: Users): Row {
  const all = delays(rate, 0, users, 200);
  const who =
    users === 'independent' ? 'of the requests fail' : 'of the users fail, each with up to 15 at once';
  return {
    name: `requests to catch ${String(100 * rate)} %, ${users}`,
    ...{ value: quantile(all, 0.5), unit: 'requests' },
    detail: `the median of 200, 95 of 100 need ${String(quantile(all, 0.95))}; so many ${who}`,
  };
}

function byThresholds(peer: Peer, rate: number): Row {
  const seconds = secondsOf(peer, rate, OWN_PER_LOOK / 10, 200);
  const own = (10 * quantile(delays(rate, 0, 'independent', 200), 0.5)) / OWN_PER_LOOK;
  return {
    name: `from ${String(100 * rate)} % errors to the rollback, ${peer.name}`,
    ...{ value: quantile(seconds, 0.5), unit: 's' },
    detail: `the median of 200 simulated, Infinity is never; ${peer.rule}; by the comparison, a look every 10 s, ${own.toFixed(0)} s`,
  };
}
