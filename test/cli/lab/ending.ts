import { expect, test } from 'vitest';
import type { DevLab } from '../../support/dev-lab.js';

const runIn = (stderr: string): string => /^run (\S+);/m.exec(stderr)?.[1] ?? '';

/** How commands end: each outcome has its exit code, and an interrupted command leaves the run alone. */
export function ending(lab: () => DevLab): void {
  test('run follows to a failure: exit code 1, the reason on stdout, the next command in status', async () => {
    const said = await lab().type('run --environment staging --release broken --as alice');
    const run = runIn(said.stderr);
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(new RegExp(`^${run} failed \\(stage.failed\\): .*test.*\\n$`));
    expect(said.stderr).toMatch(/^ {2}✗ test /m);
    expect((await lab().type(`logs ${run}`)).stdout).toContain('this cannot work\n');
    const status = await lab().askJson(`status ${run}`);
    expect(status).toMatchObject({
      run: { outcome: 'failed' },
      next: [`shipway logs ${run}`, `shipway retry ${run}`],
    });
    expect((await lab().ask(`status ${run}`)).stdout).toContain(
      `next:\n  shipway logs ${run}\n  shipway retry ${run}\n`,
    );
  });

  test('an environment that the policy does not name', async () => {
    const said = await lab().json('run --environment nowhere --release v1 --as alice', 3);
    const run = { environment: 'nowhere', failure: 'policy.unknown_environment' };
    expect(said).toMatchObject({ outcome: 'failed', status: { run } });
    expect(JSON.stringify(said)).toContain('nowhere');
  });

  test('a policy that asks for evidence which no stage makes: refused before anything runs', async () => {
    const said = await lab().json('run --environment proved --release v1 --as alice', 3);
    const stages = ['pending', 'pending', 'pending', 'pending'].map((state) => ({ state }));
    expect(said).toMatchObject({
      outcome: 'failed',
      status: {
        run: { failure: 'evidence.missing', stages },
        next: ['shipway releases --service lamp', 'shipway run --environment proved --release v1 --rebuild'],
      },
    });
    expect(JSON.stringify(said)).toContain(
      'proved asks for performance_test, which no stage of this run makes',
    );
  });

  test('Ctrl-C ends the command with 130 and one object; the run goes on until it is aborted', async () => {
    const interrupted = await lab().type('run --environment staging --release endless --as alice --json', {
      interruptAt: /test +\d+ s/,
    });
    const run = runIn(interrupted.stderr);
    expect(interrupted.code).toBe(130);
    expect(JSON.parse(interrupted.stdout)).toEqual({
      schema: 1,
      error: {
        message: `${run} goes on`,
        next: `look again with: shipway watch ${run}`,
        exit: 130,
      },
    });
    expect(await lab().askJson(`status ${run}`)).toMatchObject({ temporal: { status: 'RUNNING' } });

    const follow = await lab().type(`logs ${run} --follow --stage test`, { interruptAt: /begun/ });
    expect(follow).toEqual({ code: 130, stdout: '$ sh test.sh\nbegun\n', stderr: '' });

    const watching = lab().type(`watch ${run}`);
    const aborted = await lab().json(`abort ${run} --as bob --reason "wrong version"`);
    expect(aborted).toMatchObject({ schema: 1, run, workflow: `pipeline/lamp/${run}`, status: 'accepted' });
    const reason = 'aborted: aborted by bob: wrong version';
    expect(await watching).toMatchObject({ code: 1, stdout: `${run} ${reason}\n` });
    const again = await lab().askJson(`abort ${run} --reason "once more"`, 1);
    expect(again).toMatchObject({ error: { message: `${run} has ended: aborted` } });
  });
}
