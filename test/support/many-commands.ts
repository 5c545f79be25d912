import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { plain, type Said } from './command-line.js';

/** One process for many command lines. */
export interface ManyCommands {
  /** `shipway …` in there, after those before; fails when the process is gone. */
  readonly type: (args: readonly string[]) => Promise<Said>;
  readonly end: () => Promise<void>;
}

/**
 * A process in `cwd` in which `shipway …` is typed again and again: a start of its own for each takes most of a second of a processor. For
 * what a test has to know, not for what it is about: that a command ends by itself, and with which code, only a process of its own shows.
 */
export function manyCommands(cwd: string): ManyCommands {
  const program = join(packageRoot(), 'test/support/fixtures/many-commands.js');
  const child = fork(program, { cwd, env: plain(), execArgv: [] });
  const ended = once(child, 'exit');
  const gone = ended.then(([code, signal]) => {
    throw new Error(`the process of many commands ended with ${String(code ?? signal)}`);
  });
  gone.catch(() => undefined);
  let last: Promise<unknown> = Promise.resolve();
  const type: ManyCommands['type'] = async (args) => {
    const answer = once(child, 'message');
    child.send(args);
    const [said] = (await Promise.race([answer, gone])) as [Said];
    return said;
  };
  return {
    type: (args) => {
      const said = last.then(() => type(args));
      last = said.catch(() => undefined);
      return said;
    },
    end: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
