/** How long what nothing needs any more is kept, in ms since it was last of use. */
export interface Retention {
  readonly logsMs: number;
  readonly samplesMs: number;
  readonly artifactsMs: number;
  readonly releasesMs: number;
  readonly workspacesMs: number;
  readonly cachesMs: number;
}

const DAY_MS = 86_400_000;
export const DEFAULT_RETENTION: Retention = {
  logsMs: 90 * DAY_MS,
  samplesMs: 90 * DAY_MS,
  artifactsMs: 90 * DAY_MS,
  releasesMs: 365 * DAY_MS,
  workspacesMs: 2 * DAY_MS,
  cachesMs: 30 * DAY_MS,
};

/** Content that was put or asked for since is never removed: whoever did may be about to name it. */
export const GRACE_MS = DAY_MS;
