import { optionNames, readArguments } from './arguments.js';
import type { Ending } from './failure.js';
import { commandHelp, generalHelp } from './help.js';
import { INTERRUPTED } from './interrupt.js';
import { jsonText, progress } from './output.js';
import { COMMANDS, type Command, type CommandSpec } from './table.js';

const USAGE = 2;
const BROKEN_PIPE = 141;

/** Finds the command, loads it (`load`: as what it is to be), reads its options, runs it, and turns every failure into words and an exit code. */
export async function main(
  args: readonly string[],
  load = (command: CommandSpec): Promise<Command> => command.load(),
): Promise<number> {
  const [name, ...rest] = args;
  const command = name === undefined ? undefined : find(name);
  leaveQuietly(command?.keeps === true);
  if (name === undefined) {
    progress(generalHelp());
    return USAGE;
  }
  if (name === '--help' || name === '-h' || name === 'help') return help(rest);
  if (name === '--version' || name === '-V') return version();
  return command === undefined ? noCommand(name, args.includes('--json')) : runCommand(command, rest, load);
}

const find = (name: string): CommandSpec | undefined => COMMANDS.find((c) => c.name === name);

/**
 * Whoever reads may stop reading, as `head` does, or close the terminal. How the command ended is not known then, so the exit code is that
 * of SIGPIPE, never 0. A command that keeps things running goes on without a reader.
 */
function leaveQuietly(keeps: boolean): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      if (!keeps) process.exit(BROKEN_PIPE);
    });
}

async function help(args: readonly string[]): Promise<number> {
  const name = args.find((arg) => arg !== '--json');
  const command = name === undefined ? undefined : find(name);
  if (name !== undefined && command === undefined) return noCommand(name, args.includes('--json'));
  process.stdout.write(`${command === undefined ? generalHelp() : commandHelp(command)}\n`);
  return 0;
}

async function version(): Promise<number> {
  const { packageVersion } = await import('../paths.js');
  process.stdout.write(`${packageVersion()}\n`);
  return 0;
}

async function noCommand(name: string, json: boolean): Promise<number> {
  if (name.startsWith('-'))
    return misused(`${name} stands before the command`, 'shipway COMMAND [options]', json);
  const tried = await nearest(
    name,
    COMMANDS.map((c) => c.name),
  );
  return misused(`there is no command ${name}`, find(tried) === undefined ? tried : `shipway ${tried}`, json);
}

async function runCommand(
  command: CommandSpec,
  args: readonly string[],
  load: (command: CommandSpec) => Promise<Command>,
): Promise<number> {
  const read = readArguments(command, args);
  if ('wrong' in read) {
    const tried = read.unknown === undefined ? read.tried : await nearest(read.unknown, optionNames(command));
    return misused(read.wrong, tried, args.includes('--json'));
  }
  if (read.values['help'] === true) return help([command.name]);
  try {
    const run = await load(command);
    return await run(read.values, read.positionals);
  } catch (error) {
    const { failureOf } = await import('./failure.js');
    const exit = failed(failureOf(error), read.values['json'] === true);
    if (process.env['DEBUG'] && error instanceof Error) progress(error.stack ?? '');
    return exit;
  }
}

const misused = (message: string, tried: string, json: boolean): number =>
  failed({ message, next: `try ${tried}`, exit: USAGE }, json);

async function nearest(given: string, known: readonly string[]): Promise<string> {
  const { alternative } = await import('../config/alternative.js');
  return alternative(given, known);
}

/** What, why, next. A stack only for who asks for it with DEBUG. */
function failed({ message, why, next, exit, problems }: Ending, json: boolean): number {
  if (json) {
    const more = { ...(why === undefined ? {} : { why }), ...(problems === undefined ? {} : { problems }) };
    const error = { message, ...more, next, exit };
    process.stdout.write(`${jsonText({ schema: 1, error })}\n`);
  }
  // A terminal has written ^C on the line.
  progress(`${exit === INTERRUPTED ? '\n' : ''}shipway: ${message}`);
  if (why !== undefined) progress(`why:  ${why}`);
  progress(`next: ${next}`);
  return exit;
}
