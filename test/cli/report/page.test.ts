import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pageOf } from '../../../src/cli/report/html/page.js';
import { instantsBetween, ticksBetween } from '../../../src/cli/report/html/scale.js';
import { html } from '../../../src/cli/report/html/tag.js';
import { reportOf, type Gathered } from '../../../src/cli/report/report-of.js';
import { watching } from '../../../src/cli/report/watched.js';
import type { Sample } from '../../../src/domain/watching.js';
import { T0, chained, entry, PIPELINE, PRODUCTION, statement } from './entries.js';
import { gathered, runStatus } from './gathered.js';

const page = async (more: Partial<Gathered> = {}): Promise<string> => pageOf(reportOf(await gathered(more)));
const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e\u0007&amp;{{x}}\`\${1}`;

test('templates escape every text, also in attributes, and no markup of their own', () => {
  const inner = html`<b title="${HOSTILE}">${HOSTILE}</b>`;
  const { text } = html`<p>${[inner, undefined, 7, 'a & b']}</p>`;
  expect(text).toBe(`<p><b title="${escaped}">${escaped}</b>7a &#38; b</p>`);
});
const escaped =
  '&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#62;&#60;img src=x onerror=alert(1)&#62;\uFFFD\uFFFD&#38;amp;{{x}}&#96;${1}';

describe('the page', () => {
  test('asks nobody for anything: no script, no address, one style sheet that its policy names', async () => {
    const text = await page();
    expect(text).not.toMatch(
      /<script|<link|<img|<iframe|<object|<base|@import|url\(|\ssrc=|\shref=|\sstyle=|\son\w+=|javascript:/i,
    );
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(text) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(text).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
    expect(text.match(/https?:[^"<\s]*/g)).toBeNull();
  });

  test('tells the run: outcome, stages, decisions, shares, verdicts, evidence, audit', async () => {
    const text = await page();
    for (const said of [
      '<h1>shop v3 → staging → production</h1>',
      'rolled back</span>',
      'alice (asserted, not proved)',
      'as run v3-zzzzzz did it',
      'alice asked for this run and may not approve it',
      'load test is fine',
      'none: asserted, not proved',
      'seen enough',
      '<h2 id="deployment-2">Deployment to production</h2>',
      '<title id="d2-error_rate-title">Error rate</title>',
      '>limit 5 %</text',
      'error rate 60 of 800 (limit 5 %)',
      'no secrets found',
      '<time datetime="2026-01-05T09:25:00.000Z">2026-01-05T09:25:00Z</time> (written late)',
      'was not verified',
      'Made by shipway 0.1.0',
    ])
      expect(text).toContain(said);
    expect(text).not.toContain('Not in this report');
    expect(text).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });

  test('draws what instances use, in words that people read', async () => {
    const { deployments } = await gathered();
    const triggers = {
      cpu: { threshold: 15_000, windowMs: 60_000 },
      memory: { threshold: 2 ** 29, windowMs: 60_000 },
    };
    const used = deployments.map(({ row }) => {
      const watch = watching(10);
      const of = { deployment: row.id, phase: 'bake', at: row.startedAt } as const;
      const verdict = { kind: 'pass', reason: 'little' } as const;
      const cpu = { value: '120 %', limit: '150 %', measured: { value: 1.2, of: 3, stable: 0.4 } };
      const memory = { value: '300.0 MiB', limit: '512Mi', measured: { value: 300 * 2 ** 20, of: 3 } };
      watch.add({ ...of, ...cpu, trigger: 'cpu', verdict });
      watch.add({ ...of, ...memory, trigger: 'memory', verdict });
      const plan = { ...row.plan, watch: { ...row.plan.watch, triggers } };
      return { row: { ...row, plan }, watched: watch.end() };
    });
    const text = await page({ deployments: used });
    for (const said of [
      'Processors that one instance uses, at most</title>',
      '>limit 150 %</text',
      '1 samples, from 120 % to 120 % of up to 3 instances; the worst verdict is pass',
      'Memory of one instance, at most</title>',
      '>limit 512.0 MiB</text',
      'from 300.0 MiB to 300.0 MiB of up to 3 instances',
    ])
      expect(text).toContain(said);
  });

  test('every text from elsewhere is escaped', async () => {
    const said = { person: HOSTILE, reason: HOSTILE };
    const deployments = (await gathered()).deployments.map(({ row, watched }) => {
      const watch = watching(10);
      const bad = { kind: 'fail', reason: HOSTILE } as const;
      const hostile = { value: HOSTILE, limit: HOSTILE, verdict: bad, phase: HOSTILE } as const;
      watch.add({ deployment: row.id, trigger: 'error_rate', at: row.startedAt, ...hostile });
      expect(watched.samples).toBeGreaterThan(0);
      const replaces = { ...row.release, version: HOSTILE };
      return {
        row: { ...row, reason: HOSTILE, requestedBy: HOSTILE, environment: HOSTILE, replaces },
        watched: watch.end(),
      };
    });
    const stages = [
      { name: HOSTILE, kind: 'command', state: 'failed', note: HOSTILE, startedAt: T0 },
    ] as const;
    const view = {
      service: HOSTILE,
      version: HOSTILE,
      requestedBy: HOSTILE,
      reason: HOSTILE,
      environments: [HOSTILE],
    };
    const evidence = [{ kind: 'scan', stage: HOSTILE, digest: 'f'.repeat(64), summary: HOSTILE }] as const;
    const [first] = (await gathered()).releases;
    const text = await page({
      run: { service: HOSTILE, run: HOSTILE, status: runStatus({ ...view, stages }) },
      deployments,
      releases: first === undefined ? [] : [{ ...first, evidence }],
      entries: chained([
        entry(0, PIPELINE, 'gate.opened', { question: 'approval', decision: 'd'.repeat(64), title: HOSTILE }),
        statement(1, PIPELINE, said),
        statement(2, PIPELINE, said, HOSTILE),
        statement(3, HOSTILE, { ...said, verb: 'skip', on: HOSTILE }),
        entry(4, HOSTILE, HOSTILE, { [HOSTILE]: HOSTILE }, { user: HOSTILE }),
      ]),
      made: HOSTILE,
    });
    expect(text).not.toMatch(/<script|<img|[\u202e\u0007]/);
    expect(text.match(/&#60;script/g)?.length).toBeGreaterThan(25);
    const quoted = text.replace(/<style>[^]*?<\/style>/, '').match(/<[a-z][^>]*>/g) ?? [];
    for (const tag of quoted) expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/onerror|alert/);
  });

  test('of a run that goes on says so; one whose chain is broken says where', async () => {
    const { outcome, ...open } = runStatus().run;
    expect(outcome).toBe('rolled_back');
    const waitingFor = { question: 'approval', title: 'shop v3 → production', workflow: PIPELINE } as const;
    const status = {
      ...runStatus(),
      run: { ...open, waitingFor },
      temporal: { status: 'RUNNING', pending: [] },
    };
    const text = await page({ run: { service: 'shop', run: 'v3-abc234', status }, flawed: [3] });
    expect(text).toContain('It goes on: this is how it stood at');
    expect(text).toContain('It waits for: shop v3 → production');
    expect(text).toMatch(/not as it was written<\/span>\s*entry\s+3/);
    const chain = { ok: false, seq: 5, reason: 'entry 5 was changed' } as const;
    expect(await page({ chain })).toContain('at entry 5: entry 5 was changed');
    const head = '9'.repeat(64);
    expect(await page({ chain: { ok: true, count: 812, head } })).toContain('all 812 entries of the record');
  });

  test('stays below 1 MB: days of looks, a verdict that changes with each of them, thousands of entries', async () => {
    const watch = watching(500);
    const reason = 'error rate 3 of 100 (limit 5 %), '.repeat(20);
    for (let i = 0; i < 8_640; i++)
      for (const trigger of [
        'error_rate',
        'response_time',
        'health_check_failures',
      ] satisfies Sample['trigger'][])
        watch.add({
          ...{ deployment: PRODUCTION, phase: 'bake', trigger, value: `${String(i)} of 10000`, limit: '5 %' },
          at: new Date(T0 + i * 10_000).toISOString(),
          verdict: { kind: i % 2 === 0 ? 'pass' : 'inconclusive', reason },
          measured: { value: (i % 100) / 1_000, of: 10_000, stable: 0.01 },
        });
    const { deployments } = await gathered();
    const entries = chained(
      Array.from({ length: 5_000 }, (_, i) =>
        entry(i, PRODUCTION, 'effect.intent', { why: 'x'.repeat(2_000), i }),
      ),
    );
    const watched = watch.end();
    const text = await page({ entries, deployments: deployments.map((d) => ({ ...d, watched })) });
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(text).toContain('4200 more are left out here');
    expect(text).toContain(`${String(25_920 - 500)} more are left out here`);
  });
});

describe('axes', () => {
  test.each([
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.07, [0, 0.02, 0.04, 0.06, 0.08]],
    [2_800, [0, 1_000, 2_000, 3_000]],
    [3, [0, 1, 2, 3]],
    [0, [0, 0]],
  ])('up to %s', (most, ticks) => {
    const [zero, ...rest] = ticksBetween(0, most);
    expect(zero).toBe(0);
    if (most > 0) expect([zero, ...rest]).toEqual(ticks);
    else expect(rest).toHaveLength(1);
  });

  test.each([
    [-3, 0, [-3, -2, -1, 0]],
    [-2.8, 1, [-3, -2, -1, 0, 1]],
    [-90, 400, [-100, 0, 100, 200, 300, 400]],
  ])('from %s to %s', (least, most, ticks) => {
    expect(ticksBetween(least, most)).toEqual(ticks);
  });

  test.each([
    [
      '2026-01-05T09:00:04Z',
      '2026-01-05T09:00:26Z',
      ['09:00:05Z', '09:00:10Z', '09:00:15Z', '09:00:20Z', '09:00:25Z'],
    ],
    ['2026-01-05T09:01:00Z', '2026-01-05T09:26:00Z', ['09:05Z', '09:10Z', '09:15Z', '09:20Z', '09:25Z']],
    ['2026-01-05T09:00:00Z', '2026-01-07T09:00:00Z', ['12:00Z', '00:00Z', '12:00Z', '00:00Z']],
    ['2026-01-05T09:00:00Z', '2026-01-05T09:00:00Z', ['09:00:00Z']],
  ])('from %s to %s', (from, to, texts) => {
    expect(instantsBetween(Date.parse(from), Date.parse(to)).map((t) => t.text)).toEqual(texts);
  });
});
