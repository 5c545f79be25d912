import { expect, test } from 'vitest';
import type { DevLab } from '../../support/dev-lab.js';
import { golden, masked } from '../../support/golden.js';

interface Listed {
  readonly digest: string;
  readonly run: string;
  readonly live: readonly string[];
}

/** A commit that was shipped to staging before: what ships to production is that, and not something built of the same source again. */
export function builtOnce(lab: () => DevLab): void {
  const listed = async (): Promise<readonly Listed[]> =>
    (await lab().askJson('releases'))['releases'] as readonly Listed[];
  let built: Listed;

  test('releases lists what was built, by which run, and where it is', async () => {
    const { code, stdout } = await lab().type('releases');
    expect(code).toBe(0);
    await expect(masked(stdout)).toMatchFileSnapshot(golden('releases'));
    const [release] = await listed();
    expect(release).toMatchObject({ versions: ['v1'], live: ['staging'], knownGood: ['staging'], held: [] });
    if (release !== undefined) built = release;
    expect(await lab().ask('releases --service nothing')).toMatchObject({
      code: 0,
      stdout: 'no release of nothing\n',
    });
  });

  test('plan says what is shipped as it was built, and by which run; --rebuild leaves that out', async () => {
    const { stdout, stderr } = await lab().type('plan --environment production --release v1');
    expect(stderr).toContain(
      `ships release ${built.digest.slice(0, 12)} as run ${built.run} built it, known good in staging (--rebuild builds it anew)`,
    );
    expect(stdout).toContain(`1. test: not again, run ${built.run} has done it\n`);
    expect(await lab().askJson('plan --environment production --release v1')).toMatchObject({
      plan: { release: built.digest },
    });
    const anew = await lab().askJson('plan --environment production --release v1 --rebuild');
    expect(anew['plan']).not.toHaveProperty('release');
    const other = await lab().ask('plan --environment production --release v2');
    expect(other).toMatchObject({ code: 0, stderr: '' });
  });

  test('the output of a stage that did not run again is where it ran', async () => {
    const run = await lab().run('v1', 'staging');
    expect(await lab().json(`watch ${run}`)).toMatchObject({
      run: {
        outcome: 'shipped',
        release: built.digest,
        stages: [{ state: 'reused', byRun: built.run }, {}, {}, {}],
      },
    });
    const said = await lab().json(`logs ${run} --stage test`, 2);
    expect(said).toMatchObject({
      error: {
        message: `${run} has not run test again`,
        next: `what it said before: shipway logs ${built.run} --stage test`,
      },
    });
    expect((await lab().ask(`audit --environment staging`)).stdout).toMatch(/release\.reused/);
  });

  test('--rebuild runs every stage; what comes out the same is the same release', async () => {
    const { code, stderr } = await lab().type('run --environment staging --release v1 --rebuild --as alice');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^ {2}✓ test /m);
    expect((await listed()).map(({ digest, run }) => ({ digest, run }))).toEqual([
      { digest: built.digest, run: built.run },
    ]);
  });
}
