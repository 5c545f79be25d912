/** A lower-case sha256 in hex. */
export type Digest = string;
export const DIGEST = /^[0-9a-f]{64}$/;
/** A git commit in full. */
export const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** What one stage declared as its artifacts: one tar in the artifact store. */
export interface ArtifactRef {
  readonly stage: string;
  readonly digest: Digest;
  readonly bytes: number;
}

/** By the key of `shipway.yaml` that asks for it; `scan` is `security_scan`, `own` what a stage kind of a user's own answered. */
export type EvidenceKind = 'scan' | 'junit' | 'coverage' | 'sarif' | 'performance_test' | 'own';

/** Something measured or found about a release: its content lies in the artifact store under `digest`. */
export interface Evidence {
  readonly kind: EvidenceKind;
  readonly stage: string;
  readonly digest: Digest;
  readonly summary: string;
  /** Absent in what was found before verdicts were kept: it counts for nothing. */
  readonly verdict?: 'pass' | 'fail' | 'inconclusive';
  /** Of kind `own`: the stage kind, `own:NAME`. Absent in what was found before this was kept: nobody requires it. */
  readonly uses?: string;
  /**
   * Of what is found in artifacts: the digest of a release of those that it was found in. Absent where it is found otherwise, and in what
   * was found before this was kept, which is of no release.
   */
  readonly of?: Digest;
}

/** One immutable version of a service. `digest` is the sha256 of the canonical list of its artifacts. */
export interface Release {
  readonly service: string;
  readonly version: string;
  readonly commit: string;
  readonly digest: Digest;
  readonly artifacts: readonly ArtifactRef[];
}
