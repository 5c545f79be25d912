import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import { brokenLink } from '../folders.js';
import type { Problem } from './problem.js';

export const MOST_BYTES = 1024 ** 2;

/**
 * The text of a configuration file, or the problem with it; at most `MOST_BYTES` are ever read.
 * Fails with `UsageError` when the file cannot be read at all.
 */
export async function readText(file: string): Promise<string | Problem> {
  // Without O_NONBLOCK, opening a named pipe waits for a writer that may never come.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    async (error: NodeJS.ErrnoException) => {
      const broken = error.code === 'ENOENT' ? await brokenLink(file) : undefined;
      throw broken ?? unreadable(file, error.code ?? error.message);
    },
  );
  try {
    if (!(await handle.stat()).isFile()) throw unreadable(file, 'it is not a file');
    return decoded(file, await bytesOf(handle));
  } finally {
    await handle.close();
  }
}

/** Strict UTF-8. A byte order mark is taken off, so that columns count from the first character that is seen. */
export function decoded(file: string, bytes: Uint8Array): string | Problem {
  const [first, second] = bytes;
  if (bytes.length > MOST_BYTES) return tooLarge(file);
  // With its byte order mark, or a text of letters without one.
  const half = first === 0 || second === 0;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || half)
    return whole(file, 'the file is UTF-16', 'saving it as UTF-8');
  if (!isUtf8(bytes))
    return { ...whole(file, 'this is not UTF-8', 'saving the file as UTF-8'), ...firstBad(bytes) };
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

export const tooLarge = (file: string): Problem =>
  whole(file, 'the file has more than 1 MiB', 'a file of only the configuration');

/** A problem of the file as a whole. */
export const whole = (file: string, message: string, suggestion: string): Problem => ({
  file,
  line: 1,
  column: 1,
  path: '',
  message,
  suggestion,
});

async function bytesOf(handle: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function firstBad(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  for (let line = 1, from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end;
    const text = bytes.subarray(from, to);
    if (!isUtf8(text)) return { line, column: new TextDecoder().decode(text).indexOf('\ufffd') + 1 };
    from = to + 1;
  }
  return { line: 1, column: 1 };
}

const REASONS: Readonly<Record<string, readonly [why: string, next: string]>> = {
  ENOENT: ['it is not there', 'name the file with -f, or make one with `shipway init`'],
  EACCES: ['you may not read it', 'give yourself the right to read it'],
  ELOOP: ['it is a link that leads back to itself', 'put the file in its place'],
};

function unreadable(file: string, reason: string): UsageError {
  const [why, next] = REASONS[reason] ?? [reason, 'name the file with -f'];
  return new UsageError(`${file} cannot be read: ${why}`, next);
}
