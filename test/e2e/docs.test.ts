import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { brokenLinks, commandsOf, documents } from './documents.js';
import { openLab, type Lab } from './lab.js';

const SIGNAL = ['test/cli/lab/temporals-own.ts', "documented('temporal workflow signal')"] as const;
/** Commands that are typed elsewhere, or what they start is: in which file, and the words there that do it. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'npm run demo': ['test/e2e/demo-process.ts', 'scripts/demo.js'],
  'npm test': ['.ci/run', 'npm test --silent'],
  'npm test -- faults': ['.ci/run', 'npm test --silent'],
  'npm run check': ['.ci/run', 'npm run --silent check'],
  // All of them take minutes, and measure nothing beside other tests.
  'npm run bench': ['test/dev/scripts.test.ts', 'npm run --silent bench -- none'],
  'npm run generate': ['test/config/generated.test.ts', "'npm run --silent generate'"],
  // Without a container engine: each container as the process that it is, and the health that `ps` would show.
  'docker compose up --build --detach': [
    'test/e2e/package.test.ts',
    "['stage', 'host', 'gateway'].map(start)",
  ],
  'docker compose ps': ['test/e2e/compose.test.ts', 'healthcheck?.test[0]'],
  'shipway secrets set database/url --environment production < url.txt': [
    'test/cli/lab/secrets.ts',
    'secrets set lamp/token --environment guarded',
  ],
  'shipway secrets list --environment production': [
    'test/cli/lab/secrets.ts',
    'secrets list --environment guarded',
  ],
  ...Object.fromEntries(
    [
      'flags --environment production',
      'flag set checkout --environment production --percentage 20%',
      'flag set checkout --environment production --percentage 20% --user ann,bob --group staff',
      'flag set button --environment production --percentage urgent=50%',
      'flag set checkout --environment production --on',
      'flag set checkout --environment production --off --reason "carts are lost"',
    ].map((typed) => [`shipway ${typed}`, ['test/cli/flags.test.ts', typed] as const]),
  ),
  [`statement=$(shipway status "$SERVICE/$RUN" --json | node -e '`]: SIGNAL,
  'temporal workflow signal --address "$ADDRESS" --workflow-id "pipeline/$SERVICE/$RUN" --name approve --input "$statement"':
    SIGNAL,
  ...Object.fromEntries(
    [
      'add nightly --cron "0 3 * * 1-5" --timezone Europe/Berlin --environment staging',
      'list',
      'pause nightly --reason "before the fair"',
      ...['resume', 'now', 'remove'].map((action) => `${action} nightly`),
    ].map((typed) => [
      `shipway schedule ${typed}`,
      ['test/cli/lab/triggering.ts', `schedule ${typed}`] as const,
    ]),
  ),
};

/** Commands that are typed here as the documents have them, `RUN` being the run at hand. */
const HERE: readonly string[] = [
  'npm link',
  'shipway init --example storefront shop',
  'shipway dev',
  'shipway doctor',
  'shipway init',
  'shipway validate',
  'shipway plan --environment production',
  'shipway run --environment production --release v1 --as alice',
  'shipway status',
  'shipway approve RUN --as bob',
  'npm run users ADDRESS',
  'shipway watch RUN',
  'shipway logs RUN --stage test',
  'shipway ui RUN',
  'shipway history',
  'shipway audit --verify',
  'shipway report RUN --html --output report.html',
  'shipway reject RUN --as bob --reason "not today"',
  'shipway abort RUN --reason "wrong version"',
  'shipway rollback --environment staging --reason "checkout is slow"',
];
const PATIENCE_MS = 300_000;
const all = await documents();

test('every command that a document shows is run here or by a test that is named, and nothing else is listed', async () => {
  const shown = new Set(all.flatMap(commandsOf));
  expect(shown.size).toBeGreaterThan(15);
  expect([...shown].toSorted()).toEqual([...Object.keys(ELSEWHERE), ...HERE].toSorted());
  for (const [file, words] of Object.values(ELSEWHERE))
    expect(await readFile(join(packageRoot(), file), 'utf8'), file).toContain(words);
});

test('every link into this repository leads somewhere', async () => {
  const links = all.flatMap(({ text }) => text.match(/\]\([^)]+\)/g) ?? []);
  expect(links.length).toBeGreaterThan(15);
  expect((await Promise.all(all.map(brokenLinks))).flat()).toEqual([]);
});

test('a link that leads nowhere is found', async () => {
  const text =
    '[a](missing.md) [b](concepts.md#no-such-heading) [c](concepts.md#words) [d](https://example.com/x)';
  expect(await brokenLinks({ path: 'docs/x.md', text })).toEqual([
    'docs/x.md: missing.md',
    'docs/x.md: concepts.md#no-such-heading',
  ]);
});

describe('what the documents show works in one lab', () => {
  let lab: Lab;
  const typed = new Set<string>();

  /** Types a command of the documents, for a run where it names one; gives what it printed. */
  async function works(command: string, run = '', inside = 'shop'): Promise<string> {
    expect(HERE).toContain(command);
    typed.add(command);
    const { code, stdout, stderr } = await lab.type(command.replace('RUN', run), inside);
    expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' });
    return stdout;
  }
  async function started(environment: string, release: string): Promise<string> {
    const { stdout, stderr } = await lab.type(
      `shipway run --environment ${environment} --release ${release} --detach --json`,
      'shop',
    );
    expect(stdout, stderr).not.toBe('');
    return (JSON.parse(stdout) as { run: string }).run;
  }
  const waiting = (run: string): Promise<unknown> =>
    lab.until(run, 'shop', (status) => status.run.waitingFor !== undefined);

  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    await lab.remove();
  }, PATIENCE_MS);

  test(
    'a service is set up',
    async () => {
      await works('npm link', '', packageRoot());
      await works('shipway init --example storefront shop', '', '.');
      await lab.type('mkdir own');
      await works('shipway init', '', 'own');
      await works('shipway validate', '', 'own');
      await works('shipway validate');
      await works('shipway plan --environment production');
      await lab.leaveRunning('shipway dev', 'shop', /shipway is up/);
      typed.add('shipway dev');
      await works('shipway doctor');
    },
    PATIENCE_MS,
  );

  test(
    'a release is shipped to production, watched and looked at',
    async () => {
      const command = 'shipway run --environment production --release v1 --as alice';
      const ended = works(command);
      let run = '';
      while (run === '') {
        const { stdout } = await lab.type('shipway list --json', 'shop');
        run = (JSON.parse(stdout) as { runs: { run: string }[] }).runs[0]?.run ?? '';
      }
      await waiting(run);
      expect(await works('shipway status')).toContain(`shipway approve ${run} --decision`);
      await works('shipway approve RUN --as bob', run);
      const users = 'npm run users ADDRESS';
      const address = await lab.serving(run, 'shop');
      const stop = await lab.leaveRunning(users.replace('ADDRESS', address), 'shop', /^v1: \d+$/m);
      typed.add(users);
      expect(await ended).toContain(`${run} shipped: v1 is live in production`);
      await stop();
      expect(await works('shipway watch RUN', run)).toContain('shipped');
      expect(await works('shipway logs RUN --stage test', run)).toContain('# pass');
      expect(await works('shipway ui RUN', run)).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/pipeline/,
      );
      expect(await works('shipway history')).toContain('storefront/production/1');
      expect(await works('shipway report RUN --html --output report.html', run)).toMatch(
        /^wrote report.html /,
      );
    },
    PATIENCE_MS,
  );

  test(
    'runs are rejected and aborted',
    async () => {
      const no = await started('production', 'v2');
      await waiting(no);
      await works('shipway reject RUN --as bob --reason "not today"', no);
      expect((await lab.type(`shipway watch ${no}`, 'shop')).stdout).toContain('rejected by bob: not today');
      const stop = await started('production', 'v2');
      await waiting(stop);
      await works('shipway abort RUN --reason "wrong version"', stop);
      expect((await lab.type(`shipway watch ${stop}`, 'shop')).stdout).toContain('wrong version');
    },
    PATIENCE_MS,
  );

  test(
    'a release in staging is rolled back to the one before',
    async () => {
      const first = await started('staging', 'v1');
      await lab.users(first, 'shop');
      expect((await lab.type(`shipway watch ${first}`, 'shop')).code).toBe(0);
      const second = await started('staging', 'v2');
      expect((await lab.type(`shipway watch ${second}`, 'shop')).code).toBe(0);
      expect(await works('shipway rollback --environment staging --reason "checkout is slow"')).toContain(
        'v1',
      );
      expect(await works('shipway audit --verify')).toMatch(/^audit chain verified/);
    },
    PATIENCE_MS,
  );

  test('nothing that is listed was left out', () => {
    expect([...typed].toSorted()).toEqual(HERE.toSorted());
  });
});
