import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { StageBackend } from '../domain/stage.js';
import type { JobOwner } from '../stage/job-files.js';
import { sweepStages } from '../stage/sweep.js';

export interface TidyStages {
  readonly backend: Pick<StageBackend, 'retention'>;
  readonly client: Client;
  readonly stageDir: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}
const EVERY_MS = 6 * 3600 * 1_000;

/**
 * Each stage worker tidies its own machine: its queue is that of all of them, so that nobody else could have it done here. A failure is
 * logged; the next time goes on.
 */
export async function tidyStages(of: TidyStages): Promise<void> {
  const { signal } = of;
  while (!signal.aborted) {
    await tidyOnce(of);
    await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function tidyOnce({ backend, client, stageDir, log, signal }: TidyStages): Promise<void> {
  try {
    const retention = await backend.retention();
    const hasEnded = (owner: JobOwner): Promise<boolean> => ended(client, owner);
    const swept = await sweepStages({ stageDir, retention, hasEnded, signal });
    if (Object.values(swept).some((count: number) => count > 0))
      log.info(swept, 'what stages had left was removed');
  } catch (error) {
    if (!signal.aborted) log.error({ why: String(error) }, 'what stages have left could not be removed');
  }
}

async function ended(client: Client, { workflowId, runId }: JobOwner): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    return status.name !== 'RUNNING';
  } catch (error) {
    return error instanceof WorkflowNotFoundError;
  }
}
