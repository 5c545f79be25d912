import { seeded } from './random.js';

/** Judging by a success rate alone: so many measurements of the last interval that fall short end it. */
export interface Peer {
  readonly name: string;
  readonly rule: string;
  readonly everyS: number;
  readonly atLeast: number;
  readonly failures: number;
}

/** Default interval; rate and threshold of the first example, https://docs.flagger.app/usage/how-it-works (Canary analysis). */
export const flagger: Peer = {
  name: 'as Flagger does',
  rule: '10 measurements a minute apart of less than 99 %',
  ...{ everyS: 60, atLeast: 0.99, failures: 10 },
};
/** There is no default; the first example, https://argo-rollouts.readthedocs.io/en/stable/features/analysis/ (Background Analysis). */
export const argo: Peer = {
  name: 'as Argo Rollouts does',
  rule: '3 measurements 5 minutes apart of less than 95 %',
  ...{ everyS: 300, atLeast: 0.95, failures: 3 },
};

const LONGEST_S = 86_400;

/** Seconds from the first request that may fail until the rollback, at so many requests of the candidate a second. */
export function secondsOf(peer: Peer, rate: number, perSecond: number, times: number): readonly number[] {
  return Array.from({ length: times }, (_, i) => once(peer, rate, perSecond, seeded(104_729 * (i + 1))));
}

function once(
  { everyS, atLeast, failures }: Peer,
  rate: number,
  perSecond: number,
  random: () => number,
): number {
  const requests = Math.round(perSecond * everyS);
  let left = failures;
  for (let at = everyS; at <= LONGEST_S; at += everyS) {
    let good = 0;
    for (let i = 0; i < requests; i++) if (random() >= rate) good += 1;
    if (good < atLeast * requests) left -= 1;
    if (left === 0) return at;
  }
  return Infinity;
}
