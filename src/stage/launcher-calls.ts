import { makeAhead } from './ahead.js';
import { copyTree, removeTree } from './hands.js';
import { beginJob, dropJob, readyJob } from './job.js';

/** What the launcher does for a stage worker: all that starts programs or walks through trees of files. */
export const LAUNCHER_CALLS = { readyJob, beginJob, dropJob, makeAhead, copyTree, removeTree } as const;

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
