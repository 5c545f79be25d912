import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageBackend } from '../domain/stage.js';
import { readShipped, writeShipped, type JobName } from './job-files.js';

const CHUNK_BYTES = 64 * 1024;
const PERIOD_MS = 500;
/** What a stage may say; more is cut, said so, and the command goes on. */
export const OUTPUT_LIMIT = 64 * 1024 ** 2;

export interface Shipping {
  /** Ships the rest, marks the last chunk, and tells how many bytes there were. */
  readonly finish: () => Promise<number>;
  /** Stops without an end: another worker goes on. */
  readonly leave: () => Promise<void>;
}

/**
 * Ships a job's output in chunks while it grows. What is on its way is noted before it goes, so that after a crash the very same bytes go
 * again under the same number: nothing is lost and nothing doubled.
 */
export function shipOutput(job: string, name: JobName, backend: StageBackend): Shipping {
  let going: Promise<void> = Promise.resolve();
  const next = (last: boolean): Promise<void> =>
    (going = going.then(() => shipAll(job, name, backend, last)));
  const timer = setInterval(() => {
    // What could not be shipped now is shipped next time; the last time it counts.
    next(false).catch(() => (going = Promise.resolve()));
  }, PERIOD_MS);
  return {
    async finish() {
      clearInterval(timer);
      await going.catch(() => undefined);
      going = Promise.resolve();
      await next(true);
      return (await readShipped(job)).offset;
    },
    async leave() {
      clearInterval(timer);
      await going.catch(() => undefined);
    },
  };
}

async function shipAll(job: string, name: JobName, backend: StageBackend, last: boolean): Promise<void> {
  for (;;) {
    const at = await readShipped(job);
    if (at.ended) return;
    const room = Math.min(CHUNK_BYTES, OUTPUT_LIMIT - at.offset);
    const content = await read(join(job, 'output'), at.offset, at.pending === 0 ? room : at.pending);
    if (content.length === 0 && !last) return;
    // What goes a second time goes as it was: whether it was the last is said by a chunk of its own.
    const ended = last && at.pending === 0 && content.length < CHUNK_BYTES;
    await writeShipped(job, { ...at, pending: content.length });
    const bytes = room === 0 ? Buffer.from(CUT) : content;
    const { digest } = await backend.putArtifact(one(bytes));
    await backend.appendLog({ ...name, seq: at.seq, digest, bytes: bytes.length, last: ended });
    await writeShipped(job, { offset: at.offset + content.length, seq: at.seq + 1, pending: 0, ended });
  }
}
const CUT = `\nshipway: the rest of the output was cut, the limit is ${String(OUTPUT_LIMIT)} bytes\n`;

async function* one(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(content);
}

async function read(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
