/** Four verdicts, never merged: too little data and a silent source are neither good nor bad. */
export type VerdictKind = 'pass' | 'fail' | 'inconclusive' | 'unavailable';
export interface Verdict {
  readonly kind: VerdictKind;
  /** What was seen against what limit, in words for people. */
  readonly reason: string;
  /** Of one that is inconclusive: there were too few requests, and more would decide it. */
  readonly lacks?: 'requests';
}

/** Of what is bad of both: going back would not help. */
export const bothBad = (said: string): Verdict => ({
  kind: 'inconclusive',
  reason: `both bad: ${said}, and stable is beyond the limit too`,
});
