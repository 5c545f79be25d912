import type { PerformanceStage } from '../domain/plan.js';

/** What the program of a performance test is told to do. */
export interface LoadOrder extends Pick<
  PerformanceStage,
  | 'command'
  | 'environment'
  | 'readyPath'
  | 'startupTimeoutMs'
  | 'requests'
  | 'rate'
  | 'requestTimeoutMs'
  | 'maxInFlight'
> {
  /** The load generator. */
  readonly tool: string;
  /** Warm-up included. */
  readonly totalMs: number;
}

/** What came of it; the samples lie beside. */
export type LoadOutcome =
  | { readonly kind: 'measured'; readonly ended?: string }
  | { readonly kind: 'not_ready' | 'broken'; readonly why: string };

export const OUTCOME_FILE = 'load-outcome.json';
/** A line a request: when it left in ns, the status, and how long it took in ns. */
export const SAMPLES_FILE = 'load-samples.csv';
