import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settings } from '../../src/cli/context.js';
import { serviceOfCommand } from '../../src/cli/reference.js';
import { COMMANDS, type CommandSpec } from '../../src/cli/table.js';
import { shipway } from '../support/command-line.js';

let home = '';
let file = '';
/** Nothing listens there. */
const dev = (port: number) => ({
  temporalAddress: `127.0.0.1:${String(port)}`,
  namespace: 'default',
  apiUrl: `http://127.0.0.1:${String(port)}`,
  uiUrl: 'http://127.0.0.1:9',
});
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shipway-configured-'));
  for (const [service, port] of [
    ['here', 7],
    ['there', 9],
  ] as const) {
    await mkdir(join(home, service, '.shipway'), { recursive: true });
    await writeFile(join(home, service, 'shipway.yaml'), `service: ${service}\n`);
    await writeFile(join(home, service, '.shipway/dev.json'), JSON.stringify({ ...dev(port), pid: 1 }));
  }
  file = join(home, 'there/shipway.yaml');
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** A line of the command that has all it needs. */
/** What these look at before anything else; others take any word. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  flag: ['set', 'checkout', '--off'],
  'replay-metrics': ['there/production/1'],
};
const line = ({ name, positionals, options }: CommandSpec): readonly string[] => [
  name,
  ...(SAID[name] ?? positionals.filter((p) => !p.startsWith('[')).map(() => 'v1-aaaaaa')),
  ...Object.entries(options).flatMap(([option, { required }]) => (required ? [`--${option}`, 'word'] : [])),
];

describe('-f', () => {
  test('names the service and where the nearest shipway dev is looked for', async () => {
    expect(await serviceOfCommand({ file })).toBe('there');
    expect(await settings({ file })).toEqual(dev(9));
    const said = await shipway(['list', '-f', '../there/shipway.yaml'], { cwd: join(home, 'here') });
    expect(said.stderr).toContain('Temporal at 127.0.0.1:9 does not answer');
    expect((await shipway(['list'], { cwd: join(home, 'here') })).stderr).toContain('127.0.0.1:7');
  });

  test.each([
    ['with a byte order mark', '\ufeffservice: odd\n'],
    ['with a quoted key', '"service": odd\n'],
    ['with a space before the colon', 'service : odd\n'],
    ['with the value on a line of its own', 'service:\n  odd\n'],
    ['as JSON', '{ "service": "odd" }\n'],
    ['among mistakes elsewhere', 'nothing: 1\n"service": odd\n'],
  ])('names the service %s', async (_, text) => {
    expect(await serviceOfCommand({ file: await odd(text) })).toBe('odd');
  });
  test.each([
    ['service: [odd]\n', 'names no service that can be one'],
    ['service: ODD\n', 'names no service that can be one'],
    ['"service": "\\xff"\n', 'names no service that can be one'],
    ['stages: []\n', 'which service is not said'],
    ['['.repeat(100_000), 'which service is not said'],
    ['\ufffe', 'which service is not said'],
  ])('a file that names none is an error: %j', async (text, said) => {
    await expect(serviceOfCommand({ file: await odd(text) })).rejects.toThrow(said);
  });
  async function odd(text: string): Promise<string> {
    const place = join(home, 'odd.yaml');
    await writeFile(place, text);
    return place;
  }

  const [alone, configured] = [true, false].map((is) => COMMANDS.filter((c) => (c.alone ?? false) === is));
  test.each(configured!.map((c) => [c.name, c] as const))(
    '%s refuses a file that is not there',
    async (_, c) => {
      const args = [...line(c), '-f', 'gone.yaml'];
      const said = await shipway(args, { cwd: join(home, 'here') });
      expect(said).toMatchObject({ code: 2, stdout: '' });
      expect(said.stderr).toContain('there is no file gone.yaml');
    },
  );

  test.each(alone!.map((c) => [c.name, c] as const))('%s has no use for it, and says so', async (_, c) => {
    const said = await shipway([...line(c), '-f', file]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toContain('there is no option -f');
  });
});

describe('what a command cannot do without', () => {
  const needing = COMMANDS.filter((c) => Object.values(c.options).some((o) => o.required));
  test.each(needing.map((c) => [c.name, c] as const))(
    '%s says it in its usage, and when it is missing',
    async (_, c) => {
      const usage = (await shipway([c.name, '--help'])).stdout;
      for (const [option, { required }] of Object.entries(c.options)) {
        if (required === undefined) continue;
        expect(usage).toMatch(new RegExp(`^usage: .*--${option} [A-Z]+ .*\\[options\\]$`, 'm'));
        const args = line(c);
        const without = args.filter((a, i) => a !== `--${option}` && args[i - 1] !== `--${option}`);
        const said = await shipway(without);
        expect(said).toMatchObject({ code: 2, stdout: '' });
        expect(said.stderr).toContain(`--${option} is missing`);
      }
    },
  );
});
