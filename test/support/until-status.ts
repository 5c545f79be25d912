import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { linesOf } from '../../src/client/lines.js';

/** Reads what `shipway watch RUN --json --changes` prints until a status is so, and ends it. Fails when the run ends before. */
export async function untilStatus<Status>(
  watching: ChildProcess & { readonly stdout: Readable },
  when: (status: Status) => boolean,
): Promise<Status> {
  let last = '';
  let said = '';
  watching.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    for await (const line of linesOf(watching.stdout)) {
      last = line;
      const status = JSON.parse(line) as Status;
      if (when(status)) return status;
    }
  } finally {
    watching.kill();
  }
  throw new Error(`it ended before it was so: ${last}\n${said}`);
}
