import { closeSync, openSync, readSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { exclusive } from '../exclusive.js';
import { sizeText } from '../domain/size.js';
import type { StageBackend } from '../domain/stage.js';
import { ifGone } from '../if-gone.js';
import { outputFile, readShipped, writeShipped, type JobName } from './job-files.js';

const CHUNK_BYTES = 64 * 1024;
const PERIOD_MS = 500;
/** What a stage of a plan without a limit may say. */
const OUTPUT_LIMIT = 64 * 1024 ** 2;

export interface Shipping {
  /** Ships the rest, marks the last chunk, and tells how many bytes there were. */
  readonly finish: () => Promise<number>;
  /** Stops without an end: another worker goes on. */
  readonly leave: () => Promise<void>;
}

/**
 * Ships a job's output in chunks while it grows. What is on its way is noted before it goes, so that after a crash the very same bytes go
 * again under the same number: nothing is lost and nothing doubled. Two that ship at once, of which one has been given up, take turns.
 */
export function shipOutput(
  job: string,
  name: JobName,
  backend: StageBackend,
  limit = OUTPUT_LIMIT,
): Shipping {
  const ship = (last: boolean): Promise<number> =>
    exclusive(outputFile(job), undefined, () => shipAll({ job, name, backend, limit }, last));
  let going: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // What could not be shipped now is shipped next time; the last time it counts.
    going = going.then(() => ship(false)).catch(() => undefined);
  }, PERIOD_MS);
  return {
    async finish() {
      clearInterval(timer);
      await going;
      return ship(true);
    },
    async leave() {
      clearInterval(timer);
      await going;
    },
  };
}

interface Output {
  readonly job: string;
  readonly name: JobName;
  readonly backend: StageBackend;
  /** More bytes are cut, said so, and the command goes on. */
  readonly limit: number;
}

/**
 * Ships what there is, and tells how many bytes there were so far. While the command runs, what is on its way is noted before it goes.
 * Once it has ended nothing more is noted: the rest is the same, in the same chunks, whoever ships it again.
 */
async function shipAll({ job, name, backend, limit }: Output, last: boolean): Promise<number> {
  for (let at = readShipped(job); ;) {
    const room = Math.min(CHUNK_BYTES, limit - at.offset);
    const full = room === 0 && at.pending === 0;
    if (full) await cut(job);
    if (full && !last) return at.offset;
    const content = full
      ? Buffer.from(cutAt(limit))
      : read(outputFile(job), at.offset, at.pending === 0 ? room : at.pending);
    if (content.length === 0 && !last) return at.offset;
    // What goes a second time goes as it was: whether it was the last is said by a chunk of its own.
    const ended = full || (last && at.pending === 0 && content.length < room);
    const pending = full ? 0 : content.length;
    if (!last) await writeShipped(job, { ...at, pending });
    const { digest } = await backend.putArtifact(Readable.from([content]));
    await backend.appendLog({ ...name, seq: at.seq, digest, bytes: content.length, last: ended });
    at = { offset: at.offset + pending, seq: at.seq + 1, pending: 0 };
    if (ended) return at.offset;
    if (!last) await writeShipped(job, at);
  }
}
const cutAt = (limit: number): string =>
  `\nshipway: the rest of the output was cut, output_limit is ${sizeText(limit)}\n`;

/** What nobody will read does not fill the disk: the output is appended to, so it goes on at the begin. */
const cut = (job: string): Promise<void> => truncate(outputFile(job), 0);

/** At most a chunk of what was written a moment ago: another thread would take longer to be asked than to read it. */
function read(path: string, offset: number, length: number): Buffer {
  const content = Buffer.alloc(length);
  try {
    const file = openSync(path, 'r');
    try {
      return content.subarray(0, readSync(file, content, 0, length, offset));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    ifGone(error);
    return Buffer.alloc(0);
  }
}
