import { parseArgs } from 'node:util';
import { optionText, usageOf } from './help.js';
import { GLOBAL, optionsOf, type OptionSpec } from './options.js';
import type { CommandSpec, Values } from './table.js';

export type Read =
  | { readonly values: Values; readonly positionals: readonly string[] }
  /** `unknown`: an option that there is not, for which a near one is looked up. */
  | { readonly wrong: string; readonly tried: string; readonly unknown?: string };

/** A command's options and positionals, or what is wrong with them and what to try. Every option is taken once. */
export function readArguments(command: CommandSpec, args: readonly string[]): Read {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...args],
      options: all(command),
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    if (values['help'] === true) return { values, positionals };
    const names = tokens.flatMap((t) => (t.kind === 'option' ? [t.name] : []));
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) return { wrong: `--${twice} is there twice`, tried: `--${twice} once` };
    const needed = command.positionals.filter((p) => !p.startsWith('['));
    const usage = { tried: usageOf(command) };
    if (positionals.length < needed.length)
      return { wrong: `${needed.slice(positionals.length).join(' ')} is missing`, ...usage };
    if (positionals.length > command.positionals.length)
      return {
        wrong: `there is no place for ${positionals.slice(command.positionals.length).join(' ')}`,
        ...usage,
      };
    const unsaid = Object.entries(command.options).find(([name, o]) => o.required && !names.includes(name));
    if (unsaid !== undefined) return { wrong: `--${unsaid[0]} is missing`, ...usage };
    return { values, positionals };
  } catch (error) {
    return misread(command, error as Error & { code?: string });
  }
}

export const optionNames = (command: CommandSpec): readonly string[] =>
  Object.keys(all(command)).map((name) => `--${name}`);

const all = (command: CommandSpec): Readonly<Record<string, OptionSpec>> => ({
  ...GLOBAL,
  ...optionsOf(command),
});

/** What Node says of the options, in our words. */
function misread(command: CommandSpec, error: Error & { code?: string }): Read {
  const { code = '', message } = error;
  if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
  const given = /'(?:-\w, )?(-{1,2}[^'= ]+)/.exec(message)?.[1] ?? '';
  const tried = usageOf(command);
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return { wrong: `there is no option ${given}`, tried, unknown: given };
  const option = all(command)[given.replace(/^--/, '')];
  if (option === undefined) return { wrong: message.split(/\.\s/)[0] ?? message, tried };
  const text = optionText(given.slice(2), { ...option, short: '' }).replace(/^-, /, '');
  if (option.type === 'boolean') return { wrong: `${given} takes no value`, tried: text };
  return {
    wrong: `${given} has no value`,
    tried: `${text} (or ${text.replace(' ', '=')} when it begins with a dash)`,
  };
}
