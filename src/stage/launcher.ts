import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ShipwayError } from '../errors.js';
import { packageRoot } from '../paths.js';
import type { Answered, Asked, LauncherCall, LauncherCalls } from './launcher-calls.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}
interface Launcher {
  readonly child: ChildProcess;
  readonly waiting: Map<number, Waiting>;
}
let launcher: Launcher | undefined;
let lastId = 0;

/**
 * Has a small process of its own do it. Starting a program copies the tables of its parent's memory and stops the parent meanwhile: a
 * worker of half a gigabyte stands still for ten milliseconds, with every heartbeat in it. The launcher ends with its worker, and one
 * that has ended is started anew; what it was doing then fails with `stage.unavailable`, and the job's folder says how far it came.
 */
export function launched<Call extends LauncherCall>(
  call: Call,
  ...args: Parameters<LauncherCalls[Call]>
): ReturnType<LauncherCalls[Call]> {
  const asking = (launcher ??= started());
  const { child, waiting } = asking;
  const asked: Asked = { id: (lastId += 1), call, args };
  const answer = new Promise((resolve, reject) => {
    waiting.set(asked.id, { resolve, reject });
    child.channel?.ref();
    child.send(asked, (error) => {
      if (error !== null) over(asking, error);
    });
  });
  return answer as ReturnType<LauncherCalls[Call]>;
}

/** In a session of its own: who interrupts the worker in a terminal does not take away what a stage's end needs. */
function started(): Launcher {
  const child = fork(join(packageRoot(), 'dist/src/stage/launcher-child.js'), [], {
    detached: true,
    execArgv: [],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const begun: Launcher = { child, waiting: new Map() };
  child.unref();
  child.channel?.unref();
  child.on('message', (answered: Answered) => {
    settle(begun, answered);
  });
  child.once('error', (error) => {
    over(begun, error);
  });
  child.once('exit', () => {
    over(begun);
  });
  return begun;
}

function settle({ child, waiting }: Launcher, { id, value, error }: Answered): void {
  const asked = waiting.get(id);
  waiting.delete(id);
  if (waiting.size === 0) child.channel?.unref();
  if (error === undefined) asked?.resolve(value);
  else asked?.reject(Object.assign(new Error(error.message), { code: error.code }));
}

function over(ended: Launcher, cause?: Error): void {
  if (launcher === ended) launcher = undefined;
  const error = new ShipwayError('stage.unavailable', 'the launcher of stage commands has ended', { cause });
  for (const { reject } of ended.waiting.values()) reject(error);
  ended.waiting.clear();
}
