import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { git } from '../../../src/cli/example/git.js';
import { git as ask } from '../../../src/config/git.js';
import { fromGithub, githubPush, type Sent } from '../../api/hook-requests.js';
import type { DevLab } from '../../support/dev-lab.js';
import { eventually } from '../../support/eventually.js';

const SECRET = 'as it is at GitHub';

/** Runs that start while nobody sits at a terminal: by a signed request after a push to a bare repository, and by the clock. */
export function triggering(lab: () => DevLab): void {
  const beside = (name: string): string => join(dirname(lab().directory), name);
  let commit = '';
  let run = '';
  const listed = async () =>
    (await lab().askJson('list --limit 1000'))['runs'] as readonly {
      readonly run: string;
      readonly view?: { readonly requestedBy: string };
    }[];
  const runsBy = async (who: string): Promise<readonly string[]> =>
    (await listed()).filter(({ view }) => view?.requestedBy === who).map((r) => r.run);
  const post = async ({ headers, body }: Sent) => {
    const dev = JSON.parse(await readFile(join(lab().directory, '.shipway/dev.json'), 'utf8')) as {
      readonly apiUrl: string;
    };
    const answer = await fetch(`${dev.apiUrl}/v1/hooks/github`, { method: 'POST', headers, body });
    return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
  };
  const pushed = (more: object = {}): object => githubPush({ after: commit, ...more });

  test('a push to a bare repository and its signed request start a run that ships', async () => {
    await writeFile(beside('hook-secret'), `${SECRET}\n`);
    // What the newest commit of before needs to be built.
    await writeFile(beside('fixed'), '');
    await git(dirname(lab().directory), ['clone', '--quiet', '--bare', lab().directory, beside('lamp.git')]);
    await git(dirname(lab().directory), ['clone', '--quiet', beside('lamp.git'), beside('pusher')]);
    const by = { name: 'Ann', email: 'ann@acme.example', date: '2026-01-06T09:00:00Z' };
    await git(beside('pusher'), ['commit', '--quiet', '--allow-empty', '--message', 'pushed'], by);
    await git(beside('pusher'), ['push', '--quiet', 'origin', 'HEAD:main']);
    commit = await ask(beside('pusher'), ['rev-parse', 'HEAD']);

    const { status, said } = await post(fromGithub(SECRET, pushed()));
    expect(status).toBe(202);
    const [started] = said['runs'] as readonly { readonly run: string }[];
    run = started?.run ?? '';
    expect(run).toMatch(new RegExp(`^${commit.slice(0, 12)}-[0-9a-f]{8}$`));
    await eventually(async () => (await runsBy('hook:github/ann')).includes(run) || undefined, 30_000);
    const watched = await lab().json(`watch ${run}`);
    expect(watched).toMatchObject({
      run: { outcome: 'shipped', environment: 'staging', requestedBy: 'hook:github/ann' },
    });
    expect((await lab().ask('audit --environment staging')).stdout).toMatch(
      /trigger\.fired .*hook:github\/ann/,
    );
  });

  test('the same push again, under any delivery id, starts nothing', async () => {
    for (const delivery of ['72d3162e-cc78-11e3-81ab-4c9367dc0958', 'another'])
      expect(await post(fromGithub(SECRET, pushed(), { delivery }))).toMatchObject({
        status: 200,
        said: { status: 'known', runs: [{ service: 'lamp', run }] },
      });
    expect(await runsBy('hook:github/ann')).toEqual([run]);
  });

  test.each<[string, () => Sent, number]>([
    ['a wrong signature', () => fromGithub('a guess', pushed()), 401],
    [
      'another repository',
      () => fromGithub(SECRET, pushed({ repository: { full_name: 'acme/other' } })),
      403,
    ],
  ])('%s starts nothing', async (_, sent, status) => {
    expect(await post(sent())).toMatchObject({ status });
    expect(await runsBy('hook:github/ann')).toEqual([run]);
  });

  test.each([
    [
      'a cron expression that is none',
      'add nightly --cron "99 3 * * *"',
      2,
      'Temporal does not take this schedule',
    ],
    [
      'an unknown environment',
      'add nightly --cron "0 3 * * *" --environment stagin',
      3,
      'no environment "stagin"',
    ],
    [
      'another branch than the policy names',
      'add nightly --cron "0 3 * * *" --branch wip',
      3,
      'the policy lets no schedule ship wip of lamp, only main',
    ],
    ['another service', 'add nightly --cron "0 3 * * *" --service other', 3, 'names no repository of other'],
    ['one that there is not', 'pause nightly --reason fair', 1, 'lamp has no schedule nightly'],
  ])('a schedule is refused: %s', async (_, args, code, why) => {
    const said = await lab().ask(`schedule ${args}`);
    expect(said).toMatchObject({ code, stdout: '' });
    expect(said.stderr).toContain(why);
  });

  test('a schedule is made, listed, paused with a note, run now, and removed', async () => {
    const make =
      'schedule add nightly --cron "0 3 * * 1-5" --timezone Europe/Berlin --environment staging --as carol';
    expect(await lab().type(make)).toMatchObject({
      code: 0,
      stdout: 'lamp: nightly is made: 0 3 * * 1-5 Europe/Berlin, main to staging\n',
    });
    expect(await lab().type(make)).toMatchObject({ code: 1, stdout: '' });
    const schedules = async () => (await lab().askJson('schedule list'))['schedules'] as readonly object[];
    await eventually(async () => (await schedules()).length === 1 || undefined, 30_000);
    const made = {
      ...{ service: 'lamp', name: 'nightly', cron: '0 3 * * 1-5', timezone: 'Europe/Berlin' },
      ...{ branch: 'main', environment: 'staging', by: 'carol' },
    };
    expect(await schedules()).toEqual([{ ...made, next: expect.stringMatching(/T0[12]:00:00/) as string }]);
    await lab().json('schedule pause nightly --reason "before the fair" --as bob');
    expect(await schedules()).toEqual([{ ...made, paused: 'bob: before the fair' }]);
    expect((await lab().type('schedule list')).stdout).toMatch(
      /^lamp\/nightly .* carol +- +paused by bob: before the fair$/m,
    );
    await lab().json('schedule resume nightly --as bob');
    await lab().json('schedule now nightly');
    await eventually(async () => (await runsBy('schedule:nightly')).length === 1 || undefined, 30_000);
    const [now = ''] = await runsBy('schedule:nightly');
    expect(now.slice(0, 12)).toBe(commit.slice(0, 12));
    expect(await lab().json(`watch ${now}`)).toMatchObject({
      run: { outcome: 'shipped', environment: 'staging' },
    });
    await lab().json('schedule remove nightly');
    await eventually(async () => (await schedules()).length === 0 || undefined, 30_000);
  });
}
