import { COMMANDS, GLOBAL, type CommandSpec, type OptionSpec } from './table.js';

export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'shipped or superseded'],
  [1, 'any other outcome'],
  [2, 'usage or bad configuration'],
  [3, 'refused by policy'],
  [130, 'interrupted'],
];

/** The first screen. */
export function generalHelp(): string {
  return [
    'shipway: durable deployment pipelines on Temporal',
    '',
    'usage: shipway COMMAND [options]',
    '',
    ...COMMANDS.map((c) => `  ${c.name.padEnd(10)}${c.summary}`),
    '',
    'every command:',
    ...optionLines(GLOBAL),
    '',
    `exit codes: ${EXIT_CODES.map(([code, meaning]) => `${String(code)} ${meaning}`).join(', ')}`,
    'shipway COMMAND --help shows its options and examples; shipway --version which one this is.',
  ].join('\n');
}

export function commandHelp(command: CommandSpec): string {
  const own = Object.keys(command.options).length;
  return [
    `shipway ${command.name}: ${command.summary}`,
    '',
    `usage: ${usageOf(command)}`,
    ...(own === 0 ? [] : ['', 'options:', ...optionLines(command.options)]),
    '',
    'every command:',
    ...optionLines(GLOBAL),
    '',
    'examples:',
    ...command.examples.map((e) => `  ${e}`),
  ].join('\n');
}

export const usageOf = (command: CommandSpec): string =>
  [
    'shipway',
    command.name,
    ...command.positionals,
    ...(Object.keys(command.options).length > 0 ? ['[options]'] : []),
  ].join(' ');

export const optionText = (name: string, option: OptionSpec): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`;

const optionLines = (options: Readonly<Record<string, OptionSpec>>): readonly string[] =>
  Object.entries(options).map(([name, option]) => `  ${optionText(name, option).padEnd(24)}${option.help}`);
