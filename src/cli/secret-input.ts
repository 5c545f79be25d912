import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from '../errors.js';
import { interrupted } from './interrupt.js';

const MOST_BYTES = 1024 * 1024;

/** A secret from stdin, without the line feed at its end; at a terminal it is asked for and not shown. Never from the command line. */
export async function readSecret(question: string): Promise<string> {
  const value = process.stdin.isTTY ? await asked(question) : await piped();
  if (value !== '') return value;
  throw new UsageError(
    'there is no value on stdin',
    'pipe it in, as in: shipway secrets set PATH < FILE, or type it at a terminal',
  );
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new UsageError('stdin has more than 1 MiB', 'give the secret alone');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function asked(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => void done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    terminal.once('SIGINT', () => {
      reject(interrupted('nothing was set', 'give the command again'));
      terminal.close();
    });
    terminal.once('close', () => {
      process.stderr.write('\n');
      resolve('');
    });
    terminal.question('', (line) => {
      resolve(line);
      terminal.close();
    });
  });
}
