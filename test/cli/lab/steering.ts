import { expect, test } from 'vitest';
import type { DevLab, StatusJson } from '../../support/dev-lab.js';

/** `shipway pause`, `resume`, `promote` and `skip`, on a canary whose steps last an hour. */
export function steering(lab: () => DevLab): void {
  let run = '';
  const deployment = 'deployment/lamp/steered/2';
  const watches = (phase: string) => (s: StatusJson) =>
    s.deployment?.timeline.at(-1)?.what.startsWith(`watching ${phase}`) === true;
  const over = (s: StatusJson): boolean => s.run.outcome !== undefined;

  test('a bake of an hour is skipped: its release has shipped by that word', async () => {
    run = await lab().run('v1', 'steered');
    await lab().until(run, watches('bake'));
    const { code, stdout } = await lab().type(`skip ${run} --reason "seen enough" --as bob`);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'deployment/lamp/steered/1: bake is over; it goes on now\n',
    });
    const ended = await lab().until(run, over);
    expect(ended.deployment).toMatchObject({
      outcome: 'shipped',
      reason: expect.stringMatching(/; its bake was cut short after \d+ s by bob$/) as string,
    });
  });

  test('a canary is promoted to a share', async () => {
    run = await lab().run('v2', 'steered');
    await lab().until(run, watches('canary 10 %'));
    expect(await lab().json(`promote ${run} --to 30% --as bob`)).toEqual({
      ...{ schema: 1, deployment, status: 'accepted', message: 'it goes to 30 % now' },
    });
    const there = await lab().until(run, watches('canary 30 %'));
    expect(there.deployment).toMatchObject({ shares: { blue: 7_000, green: 3_000 } });
  });

  test('and back to a smaller one, with who asked for it and why', async () => {
    expect(await lab().json(`promote ${run} --to 5% --as bob --reason "the database is busy"`)).toEqual({
      ...{ schema: 1, deployment, status: 'accepted', message: 'it goes down to 5 % now' },
    });
    const there = await lab().until(run, watches('canary 5 %'));
    expect(there.deployment).toMatchObject({ shares: { blue: 9_500, green: 500 } });
    expect((await lab().ask(`status ${run}`)).stdout).toContain(
      'lowered to 5 % by bob: the database is busy',
    );
    await lab().json(`promote ${run} --to 30% --as bob`);
    await lab().until(run, watches('canary 30 %'));
  });

  test('paused it says so, and what to type; resumed it goes on', async () => {
    await lab().json(`pause ${deployment} --as bob --reason "looking"`);
    const paused = await lab().until(run, (s) => s.deployment?.waitingFor !== undefined);
    expect(paused).toMatchObject({
      deployment: {
        waitingFor: {
          question: 'paused',
          title: expect.stringContaining('is paused by bob: looking') as string,
        },
      },
      next: [`shipway resume ${run}`, `shipway reject ${run} --reason "…"`],
    });
    expect((await lab().ask(`status ${run}`)).stdout).toContain('waiting for a word to go on');
    expect(await lab().askJson(`pause ${run} --as bob`, 3)).toMatchObject({
      error: {
        message: expect.stringContaining('it is paused already') as string,
        next: `look at it with: shipway status ${run}`,
      },
    });
    await lab().json(`skip ${run} --as bob`);
    await new Promise((r) => setTimeout(r, 1_000));
    expect((await lab().until(run, () => true)).deployment).toMatchObject({ shares: { green: 3_000 } });
    expect((await lab().type(`resume ${run} --as alice`)).stdout).toBe(`${deployment}: it goes on\n`);
    await lab().until(run, watches('canary 50 %'));
    expect(await lab().askJson(`resume ${run}`, 3)).toMatchObject({
      error: { message: `${deployment} is not paused` },
    });
  });

  test('promoted it goes to all users, which cannot be said twice', async () => {
    await lab().json(`promote ${run} --as bob`);
    await lab().until(run, watches('bake'));
    expect(await lab().askJson(`promote ${run} --as bob`, 3)).toMatchObject({
      error: { message: expect.stringContaining('all users are with it already') as string },
    });
    await lab().askJson(`skip ${run} --as bob`);
    expect((await lab().until(run, over)).run.outcome).toBe('shipped');
    expect(await lab().askJson(`pause ${run} --as bob`, 3)).toMatchObject({
      error: { message: `${run} has ended: shipped` },
    });
  });

  test('what serves already is adopted as it is; an environment that there is not is refused', async () => {
    const there = 'adopt --environment steered --as bob --reason "moved by hand"';
    expect((await lab().type(there)).stdout).toBe('lamp in steered: v2 in green is live already\n');
    expect(await lab().askJson('adopt --environment steerd --as bob --reason why', 3)).toMatchObject({
      error: { next: '--environment with steered', exit: 3 },
    });
    expect(await lab().askJson('adopt --environment steered --as bob', 2)).toMatchObject({
      error: { message: '--reason is missing' },
    });
  });

  test('a share that is none is refused before anything is asked: exit code 2', async () => {
    expect(await lab().askJson(`promote ${run} --to 0%`, 2)).toMatchObject({
      error: {
        message: '"0%" is no share',
        next: 'shipway rollback or shipway abort to send all of them back, shipway pause to let it go no further',
      },
    });
    for (const share of ['101%', '50', 'half', '1.234%'])
      expect(await lab().askJson(`promote ${run} --to ${share}`, 2)).toMatchObject({
        error: { message: `"${share}" is no share`, next: 'a percentage above 0%, such as --to 50%' },
      });
  });
}
