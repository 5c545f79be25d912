import type { CommandSpec } from './table.js';

/** Options of a command, in the form of node:util's parseArgs, with what the help says of each. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly required?: true;
  readonly help: string;
}
export const text = (value: string, help: string): OptionSpec => ({ type: 'string', value, help });
export const flag = (help: string): OptionSpec => ({ type: 'boolean', help });
/** One without which the command cannot be. */
export const must = (option: OptionSpec): OptionSpec => ({ ...option, required: true });
/** Understood by every command. */
export const GLOBAL: Readonly<Record<string, OptionSpec>> = {
  json: flag('the result as one JSON object'),
  as: text('PERSON', 'who speaks (default: SHIPWAY_USER, else the user of this machine)'),
  'no-color': flag('no colours'),
  help: { type: 'boolean', short: 'h', help: 'this text' },
};

/** Understood by every command that reads a configuration, or asks the servers that are started beside one. */
export const CONFIGURED: Readonly<Record<string, OptionSpec>> = {
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    help: 'the configuration (default: shipway.yaml or shipway.config.ts here or above)',
  },
};

/** What a command takes that not every command does; one to which the configuration is something else says so itself. */
export const optionsOf = ({
  options,
  alone,
}: Pick<CommandSpec, 'options' | 'alone'>): Readonly<Record<string, OptionSpec>> =>
  alone === true ? options : { ...options, ...CONFIGURED, ...options };
