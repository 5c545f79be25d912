import type { ArtifactRef, Digest } from '../src/domain/release.js';
import { digestOf } from '../src/hash.js';

/** A release is its artifacts: the same ones are the same release. */
export const releaseDigest = (service: string, artifacts: readonly ArtifactRef[]): Digest =>
  digestOf({ service, artifacts: artifacts.map(({ stage, digest }) => ({ stage, digest })) });
