import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTarget } from '../../src/domain/target.js';
import { lab, type Lab } from '../api/server.js';
import { jsonOf, shipway } from '../support/command-line.js';

/** The commands against a real API and store, with no database within their reach. */
let api: Lab;
let cwd = '';
const never = new AbortController().signal;
const PRODUCTION = { service: 'shop', environment: 'production' };
const FLAGS = [
  { name: 'checkout', variants: { on: true, off: false }, off: 'off' },
  { name: 'button', variants: { plain: 'Buy', urgent: 'Buy now', calm: 'Keep' }, off: 'plain' },
];
beforeAll(async () => {
  api = await lab();
  const text = JSON.stringify({ environments: { production: {}, staging: {} } });
  await api.store.policy.publish({ hash: 'h', text, acceptedAt: new Date().toISOString(), worker: 'w' });
  cwd = await mkdtemp(join(tmpdir(), 'shipway-flags-'));
  await writeFile(join(cwd, 'shipway.yaml'), 'service: shop\n');
});
afterAll(async () => {
  await api.close();
  await rm(cwd, { recursive: true, force: true });
});

const words = (line: string): readonly string[] =>
  (line.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''));
const type = (line: string) =>
  shipway(words(line), {
    cwd,
    env: { TEMPORAL_ADDRESS: '127.0.0.1:1', SHIPWAY_API_URL: api.url, SHIPWAY_USER: 'ann' },
  });
const stored = async () =>
  Object.fromEntries(
    (await api.store.flags.list(PRODUCTION, never)).map((f) => [f.declaration.name, f.rule]),
  );

test('what no release has declared is unknown', async () => {
  expect(await type('flags')).toEqual({ code: 0, stdout: 'no flags\n', stderr: '' });
  expect(await type('flag set checkout --environment production --on')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(
      'no release of shop in production has declared a flag "checkout"\n',
    ) as string,
  });
  await api.store.targets.save(newTarget(PRODUCTION));
  await api.store.flags.declare(PRODUCTION, { version: 'v7', flags: FLAGS }, never);
});

test.each([
  [
    'flag set checkout --environment production --percentage 20%',
    'checkout in production: 20% on, else off\n',
    { checkout: { shares: { on: 2_000 } } },
  ],
  [
    'flag set checkout --environment production --percentage 20% --user ann,bob --group staff',
    'checkout in production: users ann, bob; groups staff: on; others: 20% on, else off\n',
    {
      checkout: {
        named: { variant: 'on', users: ['ann', 'bob'], groups: ['staff'] },
        shares: { on: 2_000 },
      },
    },
  ],
  [
    'flag set button --environment production --percentage urgent=50%',
    'button in production: 50% urgent, else plain\n',
    { button: { shares: { urgent: 5_000 } } },
  ],
  [
    'flag set checkout --environment production --on',
    'checkout in production: on\n',
    { checkout: { shares: { on: 10_000 } } },
  ],
  [
    'flag set checkout --environment production --off --reason "carts are lost"',
    'checkout in production: off\n',
    { checkout: undefined },
  ],
  [
    'flag set button --environment production --user ann --variant calm',
    'button in production: users ann: calm; others: plain\n',
    { button: { named: { variant: 'calm', users: ['ann'], groups: [] }, shares: {} } },
  ],
])('%s', async (line, stdout, expected) => {
  expect(await type(line)).toEqual({ code: 0, stdout, stderr: '' });
  expect(await stored()).toMatchObject(expected);
});

test('the list says who has what, since when and by whom; JSON has the rule', async () => {
  const { stdout } = await type('flags --environment production');
  const [head, ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map((row) => row.split(/ {2,}/));
  expect(head).toEqual(['FLAG', 'SERVICE', 'ENVIRONMENT', 'NOW', 'SET', 'BY', 'DECLARED BY']);
  expect(rows.map((row) => row.filter((_, i) => i !== 4))).toEqual([
    ['button (plain, urgent, calm)', 'shop', 'production', 'users ann: calm; others: plain', 'ann', 'v7'],
    ['checkout (off, on)', 'shop', 'production', 'off', 'ann', 'v7'],
  ]);
  expect(jsonOf(await type('flags --json'))).toMatchObject({
    flags: [
      { name: 'button', off: 'plain', now: 'users ann: calm; others: plain', rule: { shares: {} } },
      { name: 'checkout', version: 'v7', now: 'off', rule: null, set: { by: 'ann' } },
    ],
  });
  expect((await type('flags --service blog')).stdout).toBe('no flags\n');
});

describe('refused with what to do, and nothing is changed', () => {
  test.each([
    ['set checkout', 2, '--environment is missing', undefined],
    [
      'unset checkout --environment production',
      2,
      '"unset" is nothing that can be done to a flag',
      'shipway flag set NAME',
    ],
    [
      'set chekcout --environment production --on',
      3,
      'no release of shop in production has declared a flag "chekcout"',
      'shipway flag set checkout',
    ],
    [
      'set checkout --environment prodution --on',
      3,
      'the policy names no environment "prodution"',
      '--environment with production',
    ],
    ['set checkout --environment production', 2, 'who is to have the flag is not said', '--percentage 20%'],
    [
      'set checkout --environment production --on --off',
      2,
      '--on, --off and --percentage exclude each other',
      'say one',
    ],
    ['set checkout --environment production --off --user ann', 2, '--off is for everybody', '--off'],
    [
      'set checkout --environment production --percentage 120%',
      2,
      '"120%" is no share of the users',
      'up to 100%',
    ],
    ['set checkout --environment production --percentage 0%', 2, '"0%" is no share of the users', '--off'],
    ['set checkout --environment production --percentage 20', 2, '"20" is no share of the users', '20%'],
    [
      'set button --environment production --percentage urgent=60%,calm=60%',
      2,
      'the shares are 120% together',
      '100%',
    ],
    [
      'set button --environment production --percentage loud=60%',
      2,
      'button has no variant "loud"',
      'shipway flags',
    ],
    ['set button --environment production --on', 2, 'button has several variants', 'shipway flags'],
    [
      'set checkout --environment production --user ann,,bob',
      2,
      '--user has an empty name in it',
      '--user ann,bob',
    ],
  ])('flag %s', async (line, code, message, next) => {
    const before = await api.store.flags.revision(never);
    const said = await type(`flag ${line}`);
    expect([said.code, said.stdout]).toEqual([code, '']);
    expect(said.stderr).toContain(message);
    expect(said.stderr).toContain(next ?? '');
    expect(await api.store.flags.revision(never)).toBe(before);
  });
});
