import { makeAhead, makeRun } from './ahead.js';
import { clearRun } from './clear.js';
import { startJob } from './job.js';

/** What the launcher does for a stage worker: all that starts programs or walks through trees of files. */
export const LAUNCHER_CALLS = { startJob, makeRun, makeAhead, clearRun } as const;

export type LauncherCalls = typeof LAUNCHER_CALLS;
export type LauncherCall = keyof LauncherCalls;

export interface Asked {
  readonly id: number;
  readonly call: LauncherCall;
  readonly args: readonly unknown[];
}
export interface Answered {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string };
}
