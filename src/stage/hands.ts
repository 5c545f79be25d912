import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./hands.sh', import.meta.url));
/** Shares blocks where the file system can. */
const COPYING = process.platform === 'linux' ? ['--reflink=auto'] : [];

interface Hand {
  readonly child: ChildProcess;
  /** Takes the answer to what it is doing, or an error when it has ended. */
  settle: (answer: string | Error) => void;
}
/** Those with nothing to do. There are as many as ever worked at once. */
const idle: Hand[] = [];

/**
 * Has a shell copy `from` to `to`; nothing in it is interpreted, no link is followed. To start a program holds Node up for milliseconds,
 * whatever its size, and a shell hardly at all, so that the launcher is there for the next command meanwhile.
 */
export const copyTree = (from: string, to: string): Promise<void> => handed('copy', from, to);

/** Removes a tree of files, also folders that were made read-only. Fails when something stays; what is not there is gone. */
export const removeTree = (path: string): Promise<void> => handed('remove', path, '');

async function handed(what: string, ...paths: readonly string[]): Promise<void> {
  const broken = paths.find((path) => path.includes('\n'));
  if (broken !== undefined) throw new Error(`${JSON.stringify(broken)} has more than one line`);
  const hand = idle.pop() ?? started();
  const answer = await new Promise<string>((resolve, reject) => {
    hand.settle = (given) => {
      if (given instanceof Error) reject(given);
      else resolve(given);
    };
    hand.child.stdin?.write(`${[what, ...paths].join('\n')}\n`);
  });
  idle.push(hand);
  if (!answer.startsWith('0 ')) throw new Error(answer.replace(/^\d+ /, ''));
}

/** It keeps no process alive, and ends when it has nobody to read from any more. */
function started(): Hand {
  const child = spawn('/bin/sh', [SCRIPT, ...COPYING], { stdio: ['pipe', 'pipe', 'inherit'] });
  const hand: Hand = { child, settle: () => undefined };
  const over = (error: Error): void => {
    const at = idle.indexOf(hand);
    if (at >= 0) idle.splice(at, 1);
    hand.settle(error);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    hand.settle(line);
  });
  child.stdin.on('error', over);
  child.once('error', over);
  child.once('exit', () => {
    over(new Error('the shell that copies and removes files has ended'));
  });
  for (const held of [child, child.stdin, child.stdout] as readonly { unref?: () => void }[]) held.unref?.();
  return hand;
}
