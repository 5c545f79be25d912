import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { goesOn } from '../../activities/unwanted.js';
import { stopOrphans } from '../stage/orphans.js';

export interface OrphansOf {
  readonly client: Client;
  readonly stageDir: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What a stage worker does once when it comes back: see `stopOrphans`. A failure is logged; the next start looks again. */
export async function endOrphans({ client, stageDir, log, signal }: OrphansOf): Promise<void> {
  try {
    const stopped = await stopOrphans({ stageDir, goesOn: (owner) => goesOn(client, owner), signal });
    for (const job of stopped)
      log.warn({ job }, 'a command was stopped: its run ended while no worker lived');
  } catch (error) {
    if (!signal.aborted) log.error({ why: String(error) }, 'commands of ended runs could not be looked for');
  }
}
