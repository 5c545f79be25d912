import { ALONE, EXIT_CODES, meaningOf, optionText, usageOf } from '../help.js';
import { CONFIGURED, GLOBAL, type OptionSpec } from '../options.js';
import { COMMANDS, type CommandSpec } from '../table.js';

/** docs/cli.md: every command with its options and examples, as the help shows them. */
export const commandsReference = (): string =>
  [
    '# Commands',
    'Generated from the code. Results go to stdout, progress and errors to stderr; `--json` puts one JSON object with `schema: 1` on stdout, also when a command fails. A command that fails says what, why, and what to do next.',
    ['| command | what it does |', '|---|---|', ...COMMANDS.map(line)].join('\n'),
    '## Every command takes',
    options(GLOBAL),
    `Every command but ${ALONE} takes`,
    options(CONFIGURED),
    'It is also where the service and the nearest `shipway dev` are looked for.',
    '## Exit codes',
    [
      '| code | meaning |',
      '|---|---|',
      ...EXIT_CODES.map(([code, meaning]) => `| ${String(code)} | ${meaning} |`),
    ].join('\n'),
    ...COMMANDS.map(section),
  ]
    .join('\n\n')
    .concat('\n');

const line = ({ name, summary }: CommandSpec): string => `| [\`${name}\`](#${name}) | ${summary} |`;

const section = (command: CommandSpec): string =>
  [
    `## ${command.name}`,
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`,
    `\`\`\`\n${usageOf(command)}\n\`\`\``,
    ...(Object.keys(command.options).length === 0 ? [] : [options(command.options)]),
    `\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``,
  ].join('\n\n');

const options = (specs: Readonly<Record<string, OptionSpec>>): string =>
  [
    '| option | meaning |',
    '|---|---|',
    ...Object.entries(specs).map(([name, spec]) => `| \`${optionText(name, spec)}\` | ${meaningOf(spec)} |`),
  ].join('\n');
