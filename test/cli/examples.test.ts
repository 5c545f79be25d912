import { expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.js';
import { COMMANDS, type CommandSpec } from '../../src/cli/table.js';

/** The words of a line as a shell has them. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** What is wrong with an example of a command; `undefined` when it can be typed as it stands. */
function fault(command: CommandSpec, example: string): string | undefined {
  const [program, name, ...args] = words(example);
  if (program !== 'shipway' || name !== command.name) return `it is not of ${command.name}`;
  const read = readArguments(command, args);
  return 'wrong' in read ? read.wrong : undefined;
}

test.each(COMMANDS.flatMap((command) => command.examples.map((example) => [example, command] as const)))(
  '%s can be typed',
  (example, command) => {
    expect(fault(command, example)).toBeUndefined();
  },
);

test('every command has an example', () => {
  expect(COMMANDS.filter(({ examples }) => examples.length === 0)).toEqual([]);
});

test.each([
  ['shipway rollback --environment production', '--reason is missing'],
  [
    'shipway rollback --environment production --reason "checkout is slow" slow',
    'there is no place for slow',
  ],
  ['shipway rollback --enviroment production --reason "slow"', 'there is no option --enviroment'],
  ['shipway rollback --reason slow --environment', '--environment has no value'],
  ['shipway rolback --reason slow', 'it is not of rollback'],
])('one that cannot is found: %s', (example, wrong) => {
  expect(
    fault(
      COMMANDS.find(({ name }) => name === 'rollback')!,
      example,
    ),
  ).toBe(wrong);
});
