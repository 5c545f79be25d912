import { parseArgs } from 'node:util';
import { commandHelp, generalHelp, usageOf } from './help.js';
import { COMMANDS, GLOBAL, type CommandSpec, type Values } from './table.js';

const USAGE = 2;

/** Finds the command, reads its options, runs it, and turns every failure into words and an exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${generalHelp()}\n`);
    return name === undefined ? USAGE : 0;
  }
  if (name === '--version') return version();
  const command = COMMANDS.find((c) => c.name === name);
  if (command === undefined)
    return unknown(
      `there is no command ${name}`,
      await nearest(
        name,
        COMMANDS.map((c) => c.name),
      ),
    );
  return runCommand(command, rest);
}

async function version(): Promise<number> {
  const { packageVersion } = await import('../paths.js');
  process.stdout.write(`${packageVersion()}\n`);
  return 0;
}

async function runCommand(command: CommandSpec, args: readonly string[]): Promise<number> {
  const options = { ...GLOBAL, ...command.options };
  let parsed: { values: Values; positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as typeof parsed;
  } catch (error) {
    const given = /option '?(--?[^'= ]+)/i.exec((error as Error).message)?.[1] ?? '';
    const known = Object.keys(options).map((o) => `--${o}`);
    return unknown(
      `${(error as Error).message.split('. ')[0] ?? ''}`,
      given === '' ? usageOf(command) : await nearest(given, known),
    );
  }
  if (parsed.values['help'] === true) {
    process.stdout.write(`${commandHelp(command)}\n`);
    return 0;
  }
  const needed = command.positionals.filter((p) => !p.startsWith('['));
  const count = parsed.positionals.length;
  if (count < needed.length) return unknown(`${needed.slice(count).join(' ')} is missing`, usageOf(command));
  if (count > command.positionals.length)
    return unknown(
      `there is no place for ${parsed.positionals.slice(command.positionals.length).join(' ')}`,
      usageOf(command),
    );
  try {
    return await (
      await command.load()
    )(parsed.values, parsed.positionals);
  } catch (error) {
    return failed(error, parsed.values['json'] === true);
  }
}

function unknown(what: string, tried: string): number {
  process.stderr.write(`shipway: ${what}; try ${tried}\n`);
  return USAGE;
}

async function nearest(given: string, known: readonly string[]): Promise<string> {
  const { alternative } = await import('../config/issues.js');
  return alternative(given, known);
}

/** What, why, next. A stack only for who asks for it with DEBUG. */
async function failed(error: unknown, json: boolean): Promise<number> {
  const { failureOf } = await import('./failure.js');
  const { message, next, exit } = failureOf(error);
  if (json) process.stdout.write(`${JSON.stringify({ schema: 1, error: { message, next } })}\n`);
  process.stderr.write(`shipway: ${message}\n${next === '' ? '' : `next: ${next}\n`}`);
  if (process.env['DEBUG'] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
  return exit;
}
