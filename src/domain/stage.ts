import type { AuditEntry } from './audit.js';
import type { CommandStage, OwnStage, PerformanceStage, ScanStage } from './plan.js';
import type { ArtifactRef, Digest, Evidence } from './release.js';
import type { Retention } from './retention.js';
import type { LogChunk } from './store.js';

interface StageInput<Stage> {
  readonly run: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly commit: string;
  /** The git bundle with the commit. */
  readonly source: Digest;
  readonly stage: Stage;
  /** What earlier stages declared. */
  readonly artifacts: readonly ArtifactRef[];
  readonly attempt: number;
  readonly requestedBy: string;
  /** Whether a later stage of this run begins with the same source. */
  readonly followed: boolean;
}
export type RunStageInput = StageInput<CommandStage>;
export type RunScanInput = StageInput<ScanStage>;
export type RunPerformanceInput = StageInput<PerformanceStage>;
export type RunOwnInput = StageInput<OwnStage>;

export interface RunStageResult {
  /** Absent when the stage declares none. */
  readonly artifacts?: ArtifactRef;
  /** What the reports say that it declares; absent when it declares none. */
  readonly evidence?: readonly Evidence[];
  readonly outputBytes: number;
}
/** Of one that passed. */
export interface RunOwnResult extends Omit<RunStageResult, 'outputBytes'> {
  readonly reason: string;
}
/** Of one that passed. */
export interface RunPerformanceResult {
  readonly evidence: readonly Evidence[];
}
export interface RunScanResult {
  readonly findings: number;
  readonly evidence: Evidence;
}

/** What a stage worker needs of the rest of shipway; it has no credentials of its own. */
export interface StageBackend {
  putArtifact(
    content: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly digest: Digest; readonly bytes: number }>;
  getArtifact(digest: Digest): Promise<AsyncIterable<Uint8Array>>;
  /** The same (run, stage, attempt, seq) twice is one chunk. */
  appendLog(chunk: LogChunk): Promise<void>;
  /** Entries of type `stage.*`. */
  audit(entries: readonly AuditEntry[]): Promise<void>;
  /** How long what stages leave is kept on their machine. */
  retention(): Promise<Retention>;
}
