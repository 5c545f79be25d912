import { CONFIGURED, GLOBAL, optionsOf, type OptionSpec } from './options.js';
import { COMMANDS, type CommandSpec } from './table.js';

export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'shipped or superseded'],
  [1, 'any other outcome, or an error'],
  [2, 'usage or bad configuration'],
  [3, 'refused by policy'],
  [130, 'interrupted'],
  [141, 'nobody reads the output any more'],
];

/** The commands that take no configuration. */
export const ALONE = COMMANDS.filter((c) => c.alone === true)
  .map((c) => c.name)
  .join(', ');

/** The first screen. */
export function generalHelp(): string {
  return [
    'shipway: durable deployment pipelines on Temporal',
    '',
    'usage: shipway COMMAND [options]',
    '',
    ...COMMANDS.map((c) => `  ${c.name.padEnd(14)}${c.summary}`),
    '',
    'every command:',
    ...optionLines(GLOBAL),
    '',
    `every command but ${ALONE}:`,
    ...optionLines(CONFIGURED),
    '',
    `exit codes: ${EXIT_CODES.map(([code, meaning]) => `${String(code)} ${meaning}`).join(', ')}`,
    'shipway COMMAND --help shows its options and examples; shipway --version which one this is.',
  ].join('\n');
}

export function commandHelp(command: CommandSpec): string {
  return [
    `shipway ${command.name}: ${command.summary}`,
    '',
    `usage: ${usageOf(command)}`,
    '',
    'options:',
    ...optionLines(optionsOf(command)),
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
    ...Object.entries(command.options).flatMap(([name, o]) => (o.required ? [optionText(name, o)] : [])),
    '[options]',
  ].join(' ');

export const optionText = (name: string, option: OptionSpec): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`;

const optionLines = (options: Readonly<Record<string, OptionSpec>>): readonly string[] =>
  Object.entries(options).map(
    ([name, option]) => `  ${optionText(name, option).padEnd(24)}${meaningOf(option)}`,
  );

export const meaningOf = ({ help, required }: OptionSpec): string =>
  required === true ? `${help} (required)` : help;
