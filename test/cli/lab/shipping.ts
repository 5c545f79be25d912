import { expect, test } from 'vitest';
import type { DevLab, Json } from '../../support/dev-lab.js';
import { golden, masked } from '../../support/golden.js';

const keys = (value: unknown): readonly string[] => Object.keys(value as Json).sort();
const first = (value: unknown): Json => (value as readonly Json[])[0] ?? {};

/** The way of a release that needs nobody's approval, and everything that can be asked about it afterwards. */
export function shipping(lab: () => DevLab): void {
  let run = '';

  test('doctor finds everything well', async () => {
    const { stdout, ...said } = await lab().type('doctor');
    expect(said).toEqual({ code: 0, stderr: '' });
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^✓ ok {5}\S.*? {2,}\S/);
    const { ok, checks } = await lab().json('doctor');
    expect(ok).toBe(true);
    expect(keys(first(checks))).toEqual(['detail', 'name', 'state']);
  });

  test('before the first run: what is empty says so, and status says what to type', async () => {
    const said = async (args: string) => (await lab().type(args)).stdout;
    expect([await said('list'), await said('history'), await said('audit')]).toEqual([
      'no runs\n',
      'no deployments\n',
      'no entries\n',
    ]);
    expect(await lab().type('status')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('shipway run --environment NAME') as string,
    });
  });

  test('plan prints the very object that runs', async () => {
    const { stdout, code } = await lab().type('plan --environment staging --release v1');
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(golden('plan'));
    const { plan, hash, ...rest } = await lab().json('plan --environment staging --release v1');
    expect(rest).toEqual({ schema: 1, live: [{ environment: 'staging', changes: [], missing: [] }] });
    expect(keys(plan)).toContain('stages');
    expect(stdout).toContain(`plan ${String(hash)}`);
    const started = await lab().json('run --environment staging --release v1 --as alice --detach');
    run = String(started['run']);
    expect(run).toMatch(/^v1-[a-z2-9]{6}$/);
    const workflow = `pipeline/lamp/${run}`;
    const ui = `${lab().uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflow)}`;
    expect(started).toEqual({ schema: 1, run, service: 'lamp', workflow, planHash: hash, ui });
  });

  test('watch follows to the outcome: progress on stderr, one line on stdout, exit code 0', async () => {
    const { code, stdout, stderr } = await lab().type(`watch ${run}`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${run} shipped: v1 is live in staging\n` });
    for (const line of [/^ {2}✓ test /m, /^ {2}✓ deploy /m, /shift 0 % → 100 %/, /watching bake for 1s/])
      expect(stderr).toMatch(line);
    expect(stderr).not.toContain('\u001b');
    const json = await lab().json(`watch ${run}`);
    expect(json).toEqual(await lab().askJson(`status ${run}`));
    // Of a run that has ended there is one change to tell: how.
    expect(await lab().json(`watch ${run} --changes`)).toEqual(json);
  });

  test('status: the picture, and its object', async () => {
    const { code, stdout, stderr } = await lab().type(`status ${run}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(masked(stdout)).toMatchFileSnapshot(golden('status-shipped'));
    const [bare, full] = [await lab().json('status'), await lab().askJson(`status lamp/${run}`)];
    expect(bare).toEqual(full);
    expect(keys(full)).toEqual(
      ['deployment', 'next', 'run', 'schema', 'temporal', 'ui', 'workers', 'workflow'].sort(),
    );
    expect(full).toMatchObject({
      schema: 1,
      run: { run, outcome: 'shipped', stages: [{ name: 'test', state: 'passed' }, {}, {}, {}] },
      deployment: { outcome: 'shipped', shares: { blue: 10_000 } },
      temporal: { status: 'COMPLETED', pending: [] },
      workers: { count: 1 },
      next: [],
    });
  });

  test.each([
    ['list', 'runs', ['run', 'service', 'startedAt', 'status', 'view']],
    ['list --service lamp --environment staging --limit 1', 'runs', ['run', 'service']],
    ['history', 'deployments', ['id', 'kind', 'outcome', 'release', 'requestedBy', 'startedAt']],
    ['audit', 'entries', ['entry', 'hash', 'seq']],
  ])('%s: a table, and an object with the same rows', async (args, name, has) => {
    const { code, stdout, stderr } = await lab().type(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    if (!args.includes('limit')) await expect(masked(stdout)).toMatchFileSnapshot(golden(args));
    const json = await lab().json(args);
    const also = name === 'deployments' ? ['truncated', 'unknown_messages'] : [];
    expect(keys(json)).toEqual([name, 'schema', ...also].sort());
    const rows = json[name] as readonly Json[];
    expect(rows).toHaveLength(stdout.trim().split('\n').length - 1);
    expect(keys(first(rows))).toEqual(expect.arrayContaining(has));
  });

  test('a filter that nothing fits leaves nothing', async () => {
    expect((await lab().askJson('list --environment production'))['runs']).toEqual([]);
    expect((await lab().askJson('history --service other'))['deployments']).toEqual([]);
  });

  test('audit --verify recomputes the chain', async () => {
    const verified = await lab().json('audit --verify');
    expect(verified).toMatchObject({ ok: true, head: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const { stdout, code } = await lab().type('audit --verify');
    expect(code).toBe(0);
    expect(stdout).toContain(`audit chain verified: ${String(verified['count'])} entries`);
  });

  test('report: a summary, one object, or a page into a file that is not there yet', async () => {
    const report = await lab().json(`report ${run}`);
    expect(keys(report)).toEqual([
      'about',
      'asked',
      'audit',
      'decisions',
      'deployments',
      'evidence',
      'made',
      'missing',
      'schema',
      'stages',
    ]);
    expect(report).toMatchObject({
      about: { kind: 'run', id: run, outcome: 'shipped', requestedBy: 'alice', identity: 'asserted' },
      decisions: [{ question: 'approval', verdict: 'approved', required: 0, answers: [] }],
      asked: [{ verb: 'run', person: 'alice', signature: 'none' }],
      deployments: [{ id: 'deployment/lamp/staging/1', outcome: 'shipped', watched: { foldsLeftOut: 0 } }],
      audit: { leftOut: 0, flawed: [] },
      missing: [],
    });
    const [deployment] = report['deployments'] as readonly { shares: readonly { share: number }[] }[];
    expect(deployment?.shares.map((s) => s.share)).toEqual([0, 10_000]);
    const { code, stdout, stderr } = await lab().type(`report ${run} --verify`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^lamp v1 → staging {3}run v1-\w+, by alice \(asserted\)\nshipped: v1 is live in staging\n/,
    );
    expect(stdout).toMatch(
      /^ {2}18 entries, as they stand in the chain, which was verified: 18 entries, head [0-9a-f]{64}$/m,
    );
    const into = `report ${run} --html --output report.html`;
    expect(await lab().json(into)).toEqual({ schema: 1, file: 'report.html' });
    expect(await lab().json(into, 2)).toMatchObject({ error: { message: 'report.html is there already' } });
    const page = await lab().type('report deployment/lamp/staging/1 --html');
    expect(page).toMatchObject({ code: 0, stderr: '' });
    expect(page.stdout).toMatch(/^<!doctype html>[^]*<h1>lamp v1 → staging<\/h1>[^]*<\/html>\n$/);
    expect(await lab().askJson(`report ${run} --html`, 2)).toMatchObject({
      error: { message: '--html and --json are two forms of one report' },
    });
    expect(await lab().askJson('report v9-aaaaaa', 1)).toMatchObject({
      error: { message: 'neither Temporal nor the store knows a run lamp/v9-aaaaaa' },
    });
  });

  test('replay-metrics: what its rules, or others, would have decided', async () => {
    const of = 'replay-metrics lamp/staging/1';
    const judged = await lab().json(of);
    expect(judged).toMatchObject({
      deployment: 'deployment/lamp/staging/1',
      outcome: 'shipped',
      verdicts: { fail: 0 },
    });
    expect(judged['looks']).toBeGreaterThan(0);
    const { code, stdout } = await lab().type(`${of} --error-rate 1% --window 10m`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rules: more than 1 % errors in 10m/m);
    expect(stdout).toMatch(/^nothing would have taken it back\nit ended shipped: /m);
    expect(await lab().askJson(`${of} -f shipway.yaml`)).toMatchObject({ looks: judged['looks'] });
    const mistakes: readonly (readonly [string, unknown])[] = [
      [`${of} --error-rate 5`, '--error-rate does not take "5"'],
      [`${of} --window 1ms`, expect.stringMatching(/^--window 1ms is shorter than two looks of /) as string],
      ['replay-metrics v1', '"v1" is no deployment'],
    ];
    for (const [wrong, message] of mistakes)
      expect(await lab().askJson(wrong, 2)).toMatchObject({ error: { message } });
    expect((await lab().askJson('replay-metrics lamp/staging/999', 1))['error']).toBeDefined();
  });

  test('logs: the stages’ output alone, all of it or one stage’s', async () => {
    const [test, build] = ['$ sh test.sh\nall is well\n', '$ true\n'];
    for (const follow of ['', ' --follow'])
      expect(await lab().type(`logs ${run}${follow}`)).toEqual({ code: 0, stdout: test + build, stderr: '' });
    expect(await lab().json(`logs ${run} --stage build`)).toEqual({ schema: 1, output: build });
  });

  test('ui: an address', async () => {
    const all = `${lab().uiUrl}/namespaces/default/workflows`;
    expect(await lab().type('ui')).toEqual({ code: 0, stdout: `${all}\n`, stderr: '' });
    expect(await lab().json(`ui ${run}`)).toEqual({
      schema: 1,
      url: `${all}/${encodeURIComponent(`pipeline/lamp/${run}`)}`,
    });
  });

  test('references that cannot be are refused in words', async () => {
    expect(await lab().json('status nope-aaaaaa', 1)).toMatchObject({ error: { exit: 1 } });
    expect(await lab().askJson(`logs ${run} --stage tset`, 2)).toMatchObject({
      error: { message: `${run} has no stage "tset"`, next: '--stage with test' },
    });
    expect(await lab().askJson('logs ../x', 2)).toMatchObject({ error: { message: '"../x" is no run' } });
    expect(await lab().askJson('abort lamp/v9-aaaaaa --reason x', 1)).toMatchObject({
      error: { next: expect.stringContaining('shipway list') as string },
    });
  });
}
