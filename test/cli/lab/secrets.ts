import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DevLab, Json } from '../../support/dev-lab.js';
import type { Said, Typed } from '../../support/command-line.js';
import {
  carriers,
  environmentsWith,
  finder,
  lookInArguments,
  lookInDatabase,
  lookInFiles,
  lookInTemporal,
} from '../../support/planted.js';

const PATH = 'guarded/lamp/token';

/** The way of a secret: set, shipped, rotated, gone back from, removed; and where its values are not. */
export function secrets(lab: () => DevLab): void {
  const [first, second] = [`first-${randomUUID()}`, `second-${randomUUID()}`];
  const heard: Said[] = [];
  const type = async (args: string, more: Typed = {}): Promise<Said> => {
    const said = await lab().type(args, more);
    heard.push(said);
    return said;
  };
  const set = (value: string) =>
    type('secrets set lamp/token --environment guarded --as ann', { input: `${value}\n` });
  /** Ships v1 there, approved by another person, and gives what that one was shown. */
  const ship = async (): Promise<readonly string[]> => {
    const run = await lab().run('v1', 'guarded');
    const asked = await lab().until(run, (s) => s.run.waitingFor !== undefined);
    expect((await type(`approve ${run} --as bob`)).code).toBe(0);
    expect((await type(`watch ${run}`)).stdout).toContain('shipped');
    return (asked.run.waitingFor as { changes?: readonly string[] }).changes ?? [];
  };
  const tokens = async (): Promise<readonly (string | undefined)[]> =>
    (await environmentsWith('SHIPWAY_SERVICE=lamp', 'SHIPWAY_ENVIRONMENT=guarded')).map(
      (e) => e['LAMP_TOKEN'],
    );
  const users = async (): Promise<readonly Json[]> => {
    const { secrets: all } = await lab().askJson('secrets list --environment guarded');
    return (all as readonly { versions: readonly Json[] }[])[0]?.versions ?? [];
  };

  test('without a value a run ends before anything is done, and plan says so before that', async () => {
    const planned = await type('plan --environment guarded --release v1');
    expect(planned.code).toBe(0);
    expect(planned.stdout).toContain(
      `  no value yet: ${PATH} (LAMP_TOKEN); give it one with shipway secrets set ${PATH}\n`,
    );
    expect((await type('secrets list')).stdout).toBe('no secrets\n');
    const said = await type('run --environment guarded --release v1 --as alice');
    expect(said.code).toBe(3);
    expect(said.stdout).toMatch(
      /failed \(secret\.missing\): guarded lacks guarded\/lamp\/token \(LAMP_TOKEN\)\n$/,
    );
  });

  test.each([
    ['set', 'PATH is missing'],
    ['set lamp/token=hunter22', '"lamp/token=hunter22" is no path of a secret'],
    ['set lamp/token --version 2', 'secrets set takes no --version'],
    ['rotate lamp/token', '"rotate" is nothing that can be done to secrets'],
    ['set lamp/token', 'there is no value on stdin'],
  ])('secrets %s: refused in words', async (args, message) => {
    expect(await lab().json(`secrets ${args}`, 2)).toMatchObject({ error: { message } });
  });

  test('set from stdin, it is shipped to the environment of its instances; the approver sees which', async () => {
    expect(await set(first)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^guarded\/lamp\/token v1 is set; /) as string,
    });
    expect(await ship()).toEqual([`LAMP_TOKEN: secret ${PATH} v1`]);
    expect(await tokens()).toEqual([first]);
  });

  test('rotated, the same release ships again: plan and approval say from which version to which', async () => {
    await set(second);
    const { stdout } = await type('plan --environment guarded --release v1');
    const change = `LAMP_TOKEN: secret ${PATH} v1 → v2`;
    expect(stdout).toContain(`guarded: settings that differ from those of v1, which serves\n  ${change}\n`);
    expect(await ship()).toEqual([change]);
    expect(await tokens()).toEqual([second]);
  });

  test('a rollback restores the version of then; what a target needs is not removed, and what nobody needs is', async () => {
    expect(
      (await type('rollback --environment guarded --as bob --reason "the new one is refused"')).code,
    ).toBe(0);
    expect(await tokens()).toEqual([first]);
    const live = 'lamp in guarded (live, known good)';
    expect(await users()).toMatchObject([
      { version: 1, by: 'ann', used_by: [live] },
      { version: 2, used_by: [] },
    ]);
    const refused = await type(`secrets remove ${PATH} --version 1 --as ann`);
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`in use: v1 by ${live}`) as string,
    });
    expect((await type(`secrets remove ${PATH} --version 2 --as ann`)).stdout).toBe(`removed ${PATH} v2\n`);
    expect((await type(`secrets remove ${PATH} --version 2`)).code).toBe(1);
    expect(await users()).toMatchObject([{ version: 1 }]);
  });

  test('its values are nowhere but in the environment of its instances', async () => {
    const planted = [first, second];
    const finds = finder(planted);
    const { directory } = lab();
    const state = join(directory, '.shipway');
    const dev = JSON.parse(await readFile(join(state, 'dev.json'), 'utf8')) as Record<string, string>;
    const [worker] = (await environmentsWith(`SHIPWAY_STATE_DIR=${state}`)).filter((e) => e['DATABASE_URL']);
    await lookInFiles(finds, directory);
    await lookInDatabase(finds, worker?.['DATABASE_URL'] ?? '');
    await lookInTemporal(finds, dev['temporalAddress'] ?? '', dev['namespace'] ?? '');
    await lookInArguments(finds);
    const [{ deployment } = { deployment: '' }] = [{ deployment: 'deployment/lamp/guarded/1' }];
    for (const path of [
      'secrets',
      'audit?limit=1000',
      'history',
      'targets',
      'releases?service=lamp',
      'policy',
      `deployment?deployment=${deployment}`,
    ])
      finds.in(`/v1/${path}`, await (await fetch(`${dev['apiUrl'] ?? ''}/v1/${path}`)).text());
    for (const path of ['health', 'metrics'])
      finds.in(path, await (await fetch(`${dev['apiUrl'] ?? ''}/${path}`)).text());
    heard.push(await type('audit'), await type('history'), await type('secrets list'), await type('status'));
    for (const { stdout, stderr } of heard) finds.in('what the command line said', stdout + stderr);
    expect(finds.found()).toEqual([]);
    expect(finds.looked()).toBeGreaterThan(200);
    // It would have been found.
    const pids = await carriers(planted);
    expect(pids).toHaveLength(1);
    finds.in('the instance', await readFile(`/proc/${pids[0] ?? ''}/environ`));
    expect(finds.found()).toEqual(['the instance']);
    const audited = (await lab().askJson('audit'))['entries'] as readonly {
      entry: { event_type: string; user: string; details: Json };
    }[];
    const events = audited.map(({ entry }) => entry).filter((e) => e.event_type.startsWith('secret.'));
    expect(events.map((e) => [e.event_type, e.user, e.details['version']])).toEqual([
      ['secret.set', 'ann', 1],
      ['secret.set', 'ann', 2],
      ['secret.removed', 'ann', [2]],
    ]);
  });
}
