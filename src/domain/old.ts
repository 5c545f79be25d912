import type { Digest } from './release.js';

/** A release that nobody has built, shipped or served for a while. */
export interface UnusedRelease {
  readonly service: string;
  readonly digest: Digest;
  /** That built or shipped it. */
  readonly runs: readonly string[];
}
/** A page of what is older than an instant, in the order of its names. */
export interface OldPage {
  /** ISO instant. */
  readonly before: string;
  /** The last name of the page before; absent: from the first. */
  readonly after?: string;
  readonly limit: number;
}

/** Runs of which all is kept: those that were admitted since, and those that go on. */
export interface KeptRuns {
  readonly before: string;
  readonly open: readonly string[];
}

/** What has had its time. Only rows go here; their content is an artifact that is then named by nothing. */
export interface Old {
  /** Runs without newer output. */
  logs(page: OldPage): Promise<readonly { readonly run: string; readonly chunks: number }[]>;
  removeLogs(runs: readonly string[]): Promise<void>;
  /** Deployments without newer samples. */
  samples(page: OldPage): Promise<readonly { readonly deployment: string; readonly samples: number }[]>;
  removeSamples(deployments: readonly string[]): Promise<void>;
  /** Releases that were not built, shipped or replaced since; named `<service>/<digest>`. */
  releases(page: OldPage): Promise<readonly UnusedRelease[]>;
  /** One that a run has built or shipped since `before` stays. */
  removeReleases(releases: readonly UnusedRelease[], before: string): Promise<void>;
  /** Messages that are neither on their way nor waiting. */
  messages(page: OldPage): Promise<readonly { readonly id: string }[]>;
  removeMessages(ids: readonly string[]): Promise<void>;
  /**
   * Every digest that anything kept names, output apart: releases and their evidence, targets, open deployments and requests, and runs
   * that were admitted since `before` or are among `open`; of runs with output that is kept, what they have found.
   */
  named(runs: KeptRuns): Promise<readonly Digest[]>;
  /** Evidence read from files, of releases and of those runs and runs with output that is kept: its content names the files. */
  evidence(runs: KeptRuns): Promise<readonly Digest[]>;
  /** Which of these digests are output that is kept. */
  logged(digests: readonly Digest[]): Promise<readonly Digest[]>;
}
