import { expect, test } from 'vitest';
import type { DevLab } from '../../support/dev-lab.js';

/** `shipway rollback`, with nothing under way and with a deployment in flight. */
export function goingBack(lab: () => DevLab): void {
  let detached = '';
  const rollback = 'rollback --environment staging --as bob --reason "checkout is slow"';

  test('with nothing good before the live release it is refused: exit code 3, and what to do', async () => {
    const refused = await lab().json('rollback --environment production --as bob --reason slow', 3);
    expect(refused).toMatchObject({
      error: { next: expect.stringContaining('shipway history') as string, exit: 3 },
    });
  });

  test('an environment that there is not is refused with the one that was meant: exit code 3', async () => {
    const refused = await lab().askJson('rollback --environment stagin --as bob --reason slow', 3);
    expect(refused).toMatchObject({ error: { next: '--environment with staging', exit: 3 } });
  });

  test('idle: the last good release comes back, said on one line', async () => {
    const shipped = await lab().json('run --environment staging --release v2 --as alice');
    const next = 'shipway rollback --service lamp --environment staging --reason "…"';
    expect(shipped).toMatchObject({ outcome: 'shipped', status: { next: [next] } });
    const { code, stdout, stderr } = await lab().type(rollback);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lamp in staging: went back: v1 /);
    expect(stderr).toContain('shift 0 % → 100 %');
    // What the run says next follows what serves: a rollback would take back the rollback.
    const { run } = shipped['status'] as { run: { run: string } };
    expect(await lab().askJson(`status ${run.run}`)).toMatchObject({
      since: [{ service: 'lamp', environment: 'staging', live: 'v1' }],
      next: ['shipway history --service lamp --environment staging'],
    });
    const { deployments } = await lab().askJson('history --environment staging');
    const newest = (deployments as readonly { readonly id: string }[]).slice(0, 3);
    expect(newest).toMatchObject([
      { kind: 'rollback', outcome: 'shipped', release: { version: 'v1' }, requestedBy: 'bob' },
      { kind: 'deploy', outcome: 'shipped', release: { version: 'v2' } },
      { kind: 'deploy', outcome: 'shipped', release: { version: 'v1' } },
    ]);
    const id = newest[0]?.id ?? '';
    const of = { deployment: { id, kind: 'rollback', outcome: 'shipped' }, workflow: id };
    expect(await lab().json(`status ${id}`)).toMatchObject(of);
    expect((await lab().type(`status ${id.slice('deployment/'.length)}`)).stdout).toContain('shipped: ');
    expect(await lab().json(`watch ${id}`)).toMatchObject(of);
    expect((await lab().type(`ui ${id}`)).stdout).toContain(encodeURIComponent(id));
    expect(await lab().askJson('status deployment/lamp/staging/99', 1)).toMatchObject({
      error: { message: 'Temporal knows no deployment/lamp/staging/99' },
    });
  });

  test('in flight: the deployment itself goes back, and its run ends rolled back', async () => {
    const run = await lab().run('baking', 'staging');
    // The workflow hears of the verdict when the phase is over: what the last look said is seen all the same.
    const baking = await lab().until(run, (s) => s.deployment?.verdict !== undefined);
    expect(baking.deployment).toMatchObject({ phase: 'bake', verdict: { kind: 'inconclusive' } });
    const pending = baking['temporal'];
    expect(pending).toMatchObject({ pending: [{ type: 'watch', waiting: false }] });
    const watching = lab().type(`watch ${run}`);
    const back = await lab().json(rollback);
    expect(back).toMatchObject({
      schema: 1,
      deployment: baking.run.deployment,
      outcome: 'rolled_back',
      view: { phase: 'done', reason: 'rollback by bob: checkout is slow' },
    });
    const reason = `${run} rolled back: rollback by bob: checkout is slow\n`;
    expect(await watching).toMatchObject({ code: 1, stdout: reason });
    const status = await lab().askJson(`status ${run}`);
    expect(status).toMatchObject({ deployment: { shares: { blue: 10_000, green: 0 } } });
  });

  test('in an emergency: at once, and with what was found of what serves then; declared again it only looks again', async () => {
    const emergency = 'emergency --environment staging --as bob --reason "checkout fails"';
    const run = await lab().run('baking', 'staging');
    const { run: view } = await lab().until(run, (s) => s.deployment?.phase === 'bake');
    const found = { ok: true, serves: expect.stringMatching(/^v1 in /) as string, unwell: [] };
    expect(await lab().json(emergency)).toMatchObject({
      ...{ deployment: view.deployment, outcome: 'rolled_back', found },
      view: { reason: 'rollback by bob: checkout fails' },
    });
    expect(await lab().json(emergency)).toMatchObject({ found });
    expect(await lab().askJson(`status ${run}`)).toMatchObject({
      run: { outcome: 'rolled_back' },
    });
  });

  test('detached it prints the deployment and returns', async () => {
    const { code, stdout } = await lab().type(`${rollback} --to v2 --detach`);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^deployment\/lamp\/staging\/\d+\n$/) as string,
    });
    detached = stdout.trim();
  });

  test('forward to a commit that the live one follows is refused: exit code 3, and the way back', async () => {
    expect(await lab().json(`watch ${detached}`)).toMatchObject({ deployment: { outcome: 'shipped' } });
    const said = await lab().type('run --environment staging --release v1 --as alice');
    expect(said.code).toBe(3);
    expect(said.stdout).toMatch(
      /^v1-\w+ failed \(run\.outdated\): v1 is older than v2, which serves staging and follows it\n$/,
    );
    const [, run = ''] = /^run (\S+);/m.exec(said.stderr) ?? [];
    expect(await lab().askJson(`status ${run}`)).toMatchObject({
      run: { outcome: 'failed', failure: 'run.outdated' },
    });
  });
}
