import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { MOST_BYTES } from './read-text.js';
import type { Evaluated } from './evaluated.js';

/** How an evaluation ended, and what was printed meanwhile. */
export interface Evaluation {
  readonly end: Evaluated | { readonly is: 'late' | 'too much memory' | 'too large' | 'silent' };
  readonly printed: string;
}

export const MOST_MS = 10_000;
export const MOST_MEMORY_MIB = 128;
const MOST_PRINTED = 16 * 1024;
/** JSON of a text may be longer than the text. */
const MOST_TOLD = 2 * MOST_BYTES;

/**
 * Evaluates a text of JavaScript in a process of its own: it has no environment, may read no file and start no program, prints into what
 * is returned, and is ended when it takes too long or too much. The process limits itself too, should this one be gone.
 */
export async function evaluate(text: string, mostMs = MOST_MS): Promise<Evaluation> {
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', process.execPath, ...FLAGS], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const printed = [child.stdout, child.stderr].map((from) => gathered(from, MOST_PRINTED));
  const told = gathered(child.stdio[3] as Readable, MOST_TOLD);
  // A process that ends before it has read all of it is told by how it ended.
  child.stdin.on('error', () => undefined).end(text);
  let late = false;
  const timer = setTimeout(() => {
    late = child.kill('SIGKILL');
  }, mostMs);
  const signal = await ended(child).finally(() => {
    clearTimeout(timer);
  });
  const [out = '', err = ''] = printed.map((p) => p.text());
  return { end: endOf(told, late, signal), printed: signal === null ? `${out}${err}` : out };
}

/** Backstops: seconds of processor, and KiB of memory that is not on the heap. */
const LIMITED = 'ulimit -t 30 2>/dev/null; ulimit -d 786432 2>/dev/null; exec "$@"';
const FLAGS = [
  process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
  ...['--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning'],
  ...[`--max-old-space-size=${String(MOST_MEMORY_MIB)}`, '--input-type=module', '-'],
];

function endOf(told: Gathered, late: boolean, signal: NodeJS.Signals | null): Evaluation['end'] {
  if (told.isCut()) return { is: 'too large' };
  if (told.text() !== '') return JSON.parse(told.text()) as Evaluated;
  if (late || signal === 'SIGXCPU') return { is: 'late' };
  return { is: signal === null ? 'silent' : 'too much memory' };
}

interface Gathered {
  readonly text: () => string;
  readonly isCut: () => boolean;
}

/** What comes from a stream, up to so many bytes; the rest is read and dropped, so that the writer goes on. */
function gathered(from: Readable, most: number): Gathered {
  const chunks: Buffer[] = [];
  let left = most;
  let cut = false;
  from.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, left));
    cut ||= chunk.length > left;
    left -= Math.min(left, chunk.length);
  });
  return { text: () => Buffer.concat(chunks).toString(), isCut: () => cut };
}

const ended = (child: ChildProcess): Promise<NodeJS.Signals | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_, signal) => {
      resolve(signal);
    });
  });
