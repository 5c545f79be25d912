import { parseArgs } from 'node:util';
import type { Ending } from './failure.js';
import { commandHelp, generalHelp, usageOf } from './help.js';
import { jsonText, progress } from './output.js';
import { COMMANDS, GLOBAL, type CommandSpec, type Values } from './table.js';

const USAGE = 2;

/** Finds the command, reads its options, runs it, and turns every failure into words and an exit code. */
export async function main(args: readonly string[]): Promise<number> {
  leaveQuietly();
  const [name, ...rest] = args;
  if (name === undefined) {
    progress(generalHelp());
    return USAGE;
  }
  if (name === '--help' || name === '-h' || name === 'help') return help(rest[0]);
  if (name === '--version' || name === '-V') return version();
  const command = find(name);
  return command === undefined ? noCommand(name, rest.includes('--json')) : runCommand(command, rest);
}

const find = (name: string): CommandSpec | undefined => COMMANDS.find((c) => c.name === name);

/** Whoever reads may stop reading, as `head` does. */
function leaveQuietly(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
}

async function help(name: string | undefined): Promise<number> {
  const command = name === undefined ? undefined : find(name);
  if (name !== undefined && command === undefined) return noCommand(name, false);
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
  const known = COMMANDS.map((c) => c.name);
  return misused(`there is no command ${name}`, await nearest(name, known), json);
}

async function runCommand(command: CommandSpec, args: readonly string[]): Promise<number> {
  const read = readArguments(command, args);
  if ('wrong' in read) {
    const known = Object.keys({ ...GLOBAL, ...command.options }).map((o) => `--${o}`);
    const tried = read.option === undefined ? usageOf(command) : await nearest(read.option, known);
    return misused(read.wrong, tried, args.includes('--json'));
  }
  if (read.values['help'] === true) return help(command.name);
  try {
    const run = await command.load();
    return await run(read.values, read.positionals);
  } catch (error) {
    const { failureOf } = await import('./failure.js');
    const exit = failed(failureOf(error), read.values['json'] === true);
    if (process.env['DEBUG'] && error instanceof Error) progress(error.stack ?? '');
    return exit;
  }
}

type Read =
  | { readonly values: Values; readonly positionals: readonly string[] }
  | { readonly wrong: string; readonly option?: string };

function readArguments(command: CommandSpec, args: readonly string[]): Read {
  const options = { ...GLOBAL, ...command.options };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    if (values['help'] === true) return { values: values, positionals };
    const needed = command.positionals.filter((p) => !p.startsWith('['));
    if (positionals.length < needed.length)
      return { wrong: `${needed.slice(positionals.length).join(' ')} is missing` };
    if (positionals.length > command.positionals.length)
      return { wrong: `there is no place for ${positionals.slice(command.positionals.length).join(' ')}` };
    return { values: values, positionals };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    const option = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'(--?[^'= ]+)/.exec(message)?.[1] : undefined;
    return { wrong: message.split(/\.\s/)[0] ?? message, ...(option === undefined ? {} : { option }) };
  }
}

const misused = (message: string, tried: string, json: boolean): number =>
  failed({ message, next: `try ${tried}`, exit: USAGE }, json);

async function nearest(given: string, known: readonly string[]): Promise<string> {
  const { alternative } = await import('../config/alternative.js');
  return alternative(given, known);
}

/** What, why, next. A stack only for who asks for it with DEBUG. */
function failed({ message, why, next, exit }: Ending, json: boolean): number {
  if (json) {
    const error = { message, ...(why === undefined ? {} : { why }), next, exit };
    process.stdout.write(`${jsonText({ schema: 1, error })}\n`);
  }
  progress(`shipway: ${message}`);
  if (why !== undefined) progress(`why:  ${why}`);
  progress(`next: ${next}`);
  return exit;
}
