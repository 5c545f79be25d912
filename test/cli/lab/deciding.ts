import { expect, test } from 'vitest';
import type { DevLab } from '../../support/dev-lab.js';
import { golden, masked } from '../../support/golden.js';

/** What the tests of the release say: seen before the answer, and with it. */
const PROVED = {
  ...{ kind: 'junit', stage: 'test', verdict: 'pass', summary: '1 passed, 0 failed' },
  digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
};

/** A run that asks: who may answer what, and what becomes of it. */
export function deciding(lab: () => DevLab): void {
  let run = '';
  let decision = '';
  const answered = (args: string) => lab().type(args.replace('RUN', run));

  test('a run that waits for people says for what, for how many, for how long, and the commands to type', async () => {
    run = await lab().run('v1', 'production');
    const status = await lab().until(run, (s) => s.run.waitingFor?.decision !== undefined);
    decision = status.run.waitingFor?.decision ?? '';
    const { stdout } = await lab().type(`status ${run}`);
    await expect(masked(stdout)).toMatchFileSnapshot(golden('status-waiting'));
    expect(status['next']).toEqual([
      `shipway approve ${run} --decision ${decision.slice(0, 12)}`,
      `shipway reject ${run} --reason "…"`,
    ]);
    expect((await lab().ask('list')).stdout).toMatch(
      new RegExp(`lamp/${run} +production +waiting: approve +alice`),
    );
  });

  test.each([
    ['who asked for the run', 'approve RUN --as alice', 3, 'alice asked for this run and may not approve it'],
    ['who wrote the commit', 'approve RUN --as lamp@example.invalid', 3, 'may not approve it'],
    [
      'a decision that is not asked',
      'approve RUN --as bob --decision 000000000000',
      3,
      'what is asked has changed',
    ],
    ['what is no decision', 'reject RUN --as bob --decision it', 2, '"it" is no decision'],
    ['an empty reason', 'reject RUN --as bob --reason ""', 2, '--reason has 0 characters'],
  ])('refused: %s', async (_, args, code, why) => {
    const said = await answered(args);
    expect(said).toMatchObject({ code, stdout: '' });
    expect(said.stderr).toContain(why);
    expect(said.stderr).toMatch(/^next: /m);
    if (code === 3) expect(said.stderr).toContain(`shipway status ${run}`);
    const json = await lab().askJson(args.replace('RUN', run), code);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(why) as string, exit: code } });
  });

  test('another person approves what was seen, and the run ships', async () => {
    const seen = await lab().json(
      `approve ${run} --as bob --decision ${decision.slice(0, 12)} --reason fine`,
    );
    const workflow = `pipeline/lamp/${run}`;
    expect(seen).toEqual({
      ...{ schema: 1, workflow, decision, status: 'accepted', message: 'approved' },
      evidence: [PROVED],
    });
    expect(await lab().type(`watch ${run}`)).toMatchObject({ code: 0 });
    const late = await answered('approve RUN --as carol');
    expect(late).toMatchObject({ code: 1, stdout: '' });
    expect(late.stderr).toContain(`${run} asks nothing now`);
  });

  test('who rejects ends the run, for everybody who watches it', async () => {
    run = await lab().run('v2', 'production');
    const watching = lab().json(`watch ${run}`, 1);
    await lab().until(run, (s) => s.run.waitingFor?.decision !== undefined);
    const rejected = await answered('reject RUN --as bob --reason "not on a Friday"');
    expect(rejected).toMatchObject({
      code: 0,
      stdout: 'rejected lamp v2 → production, replaces v1: rejected\n',
    });
    expect(await watching).toMatchObject({
      run: { outcome: 'rejected', reason: 'rejected by bob: not on a Friday' },
      next: ['shipway run --environment production --release v2'],
    });
  });

  test('the audit has who said what, and why', async () => {
    const { stdout } = await lab().ask('audit --environment production');
    expect(stdout).toMatch(/bob +statement\.accepted .*verb=approve/);
    expect(stdout).toMatch(/bob +statement\.accepted .*reason="not on a Friday"/);
  });
}
