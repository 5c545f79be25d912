import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { steady } from '../../src/cli/follow.js';
import { measuring, measuringAt, type Measure } from '../../src/cli/measuring.js';
import { measureLines, sparkline } from '../../src/cli/render/measures.js';
import { CommandError } from '../../src/client/failure.js';
import type { DeploymentView } from '../../src/domain/view.js';
import type { Sample } from '../../src/domain/watching.js';

const AT = Date.parse('2026-01-05T09:00:00Z');
const ID = 'deployment/lamp/production/2';
const sample = (look: number, more: Partial<Sample> = {}): Sample => ({
  ...{ deployment: ID, phase: 'canary 5 %', at: new Date(AT + look * 1_000).toISOString() },
  ...{ trigger: 'error_rate', value: `${String(look)} of 80`, limit: '5 %' },
  verdict: { kind: 'pass', reason: 'as it should be' },
  measured: { value: look / 80, of: 80, stable: 0.004 },
  ...more,
});
const shown = (measures: readonly Measure[]): readonly string[] => measureLines(measures);
const view = (more: Partial<DeploymentView> = {}): DeploymentView =>
  ({ id: ID, phase: 'shift', shares: {}, timeline: [], ...more }) as DeploymentView;

afterEach(() => {
  vi.useRealTimers();
});

/** The API, which gives what there is from an instant on. */
function asked(all: Sample[]) {
  const froms: (string | undefined)[] = [];
  const samples = (_: string, from?: string): AsyncIterable<Sample> => {
    froms.push(from);
    const found = all.filter((s) => from === undefined || s.at >= from);
    return (async function* () {
      yield* await Promise.resolve(found);
    })();
  };
  return { samples, froms };
}

describe('what is measured', () => {
  test('is what the newest look said, with the numbers before it; only what is new is asked for', async () => {
    vi.setSystemTime(AT);
    const all = [
      sample(0),
      sample(1, { trigger: 'response_time', value: 'p95 ≤ 250 ms', limit: '2000 ms' }),
      sample(1),
    ];
    const { samples, froms } = asked(all);
    const measures = measuring({ samples }, {});
    const first = await measures(view());
    expect(first.map(({ trigger, recent }) => [trigger, recent])).toEqual([
      ['error_rate', [0, 1 / 80]],
      ['response_time', [1 / 80]],
    ]);
    expect(first[0]).not.toHaveProperty('deployment');
    for (let look = 2; look < 30; look++) all.push(sample(look));
    const [then, ...others] = await measures(view());
    expect(others).toEqual([]);
    expect(then?.recent).toHaveLength(12);
    expect(then?.recent.at(-1)).toBe(29 / 80);
    // A bake of days is not asked for whole.
    expect(froms).toEqual([new Date(AT - 600_000).toISOString(), sample(1).at]);
  });

  test('is nothing of what has ended, or is not there', async () => {
    const { samples, froms } = asked([sample(0)]);
    const measures = measuring({ samples }, {});
    expect(await measures(undefined)).toEqual([]);
    expect(await measures(view({ outcome: 'shipped' }))).toEqual([]);
    expect(froms).toEqual([]);
  });

  test('that cannot be asked for is said once, and ends nothing', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const away = () => {
      throw new CommandError('nothing answers there', 'start it');
    };
    const measures = measuring({ samples: away }, {});
    expect([await measures(view()), await measures(view())]).toEqual([[], []]);
    expect(said.mock.calls).toEqual([['what is measured cannot be shown: nothing answers there\n']]);
    said.mockRestore();
    const broken = measuring({ samples: () => expect.fail('a bug') }, {});
    await expect(broken(view())).rejects.toThrow('a bug');
  });

  test('of an API that swallows what it is asked keeps nobody waiting at each step', async () => {
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    let asks = 0;
    const swallows = createServer(() => void (asks += 1)).listen(0, '127.0.0.1');
    await once(swallows, 'listening');
    onTestFinished(() => {
      vi.restoreAllMocks();
      swallows.closeAllConnections();
      swallows.close();
    });
    const { port } = swallows.address() as AddressInfo;
    const measures = measuringAt({ apiUrl: `http://127.0.0.1:${String(port)}` }, {});
    const since = performance.now();
    for (let step = 0; step < 5; step++) {
      vi.setSystemTime(AT + step * 1_000);
      expect(await measures(view())).toEqual([]);
    }
    expect(performance.now() - since).toBeLessThan(8_000);
    expect(asks).toBe(1);
    vi.setSystemTime(AT + 60_000);
    await measures(view());
    expect(asks).toBe(2);
  });
});

test('a line a trigger: its verdict, its value beside limit and stable, and how it came there', () => {
  const measure = (more: Partial<Measure>): Measure => {
    const { deployment: _, measured: _of, ...rest } = sample(2);
    return { ...rest, recent: [0, 0.0125, null, 0.025], ...more };
  };
  const lines = shown([
    measure({ measured: { value: 0.025, of: 80, stable: 0.004 } }),
    measure({
      ...{
        trigger: 'response_time',
        value: 'p95 ≤ 250 ms',
        limit: '2000 ms',
        recent: [100, 250, 2_000, 9_000],
      },
      measured: { value: 250, of: 80, stable: 100 },
    }),
    measure({
      ...{ trigger: 'health_check_failures', value: '3 of 12', limit: '3', recent: [0, 1, 2, 3] },
      ...{ verdict: { kind: 'fail', reason: 'x' }, measured: { value: 3, of: 12 } },
    }),
    measure({
      ...{ trigger: 'source', value: 'none', limit: 'an answer', recent: [null] },
      verdict: { kind: 'unavailable', reason: 'away' },
    }),
    // What a later version measures is shown by what it says of itself.
    measure({
      ...{
        trigger: 'another_statistic' as Sample['trigger'],
        value: 'E = 3.2',
        limit: 'E of 20',
        recent: [0, 1, 4],
      },
      ...{ verdict: { kind: 'inconclusive', reason: 'x' }, measured: { value: 4, of: 80, stable: 1.23456 } },
    }),
  ]);
  expect(lines).toEqual([
    '    ✓ error rate             2.5 % of 80   limit 5 %        stable 0.4 %   ▁▃ ▅',
    '    ✓ response time          p95 ≤ 250 ms  limit 2000 ms    stable 100 ms  ▁▂██',
    '    ✗ health check failures  3 of 12       limit 3                         ▁▃▆█',
    '    ! source                 none          limit an answer',
    '    ? another statistic      E = 3.2       limit E of 20    stable 1.23    ▁▃█',
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  // Where lines are told one by one, numbers alone are no news; a verdict is.
  expect(lines.map(steady)).toEqual([
    ...['    ✓ error rate', '    ✓ response time', '    ✗ health check failures', '    ! source'],
    '    ? another statistic',
  ]);
});

test('what instances use is told beside that of stable in the same unit, and drawn up to its limit', () => {
  const { deployment: _, ...rest } = sample(2);
  expect(
    shown([
      {
        ...{ ...rest, trigger: 'cpu', value: '110 %', limit: '150 %', recent: [0.75, 1.1, 1.5, 9] },
        measured: { value: 1.1, of: 2, stable: 0.3333 },
      },
      {
        ...{
          ...rest,
          trigger: 'memory',
          value: '300.0 MiB',
          limit: '512Mi',
          recent: [2 ** 27, null, 2 ** 29],
        },
        measured: { value: 300 * 1024 ** 2, of: 2, stable: 2 ** 27 },
      },
    ]),
  ).toEqual([
    '    ✓ cpu     110 %      limit 150 %  stable 33.3 %     ▅▆██',
    '    ✓ memory  300.0 MiB  limit 512Mi  stable 128.0 MiB  ▃ █',
  ]);
});

test('business metrics are drawn up to the most that is good, also below 0', () => {
  const { deployment: _, ...rest } = sample(2);
  const line = (limit: string, recent: readonly number[]) =>
    shown([{ ...rest, trigger: 'metric:margin', value: '-3', limit, recent }])[0]
      ?.split('  ')
      .at(-1);
  expect([
    line('at most 20', [5, 10, 20, 30]),
    line('10 to 20, at most 20 % above stable’s', [5, 10, 20, 30]),
    line('at most -2', [-9, -5.5, -2, -1]),
    line('at least 10', [5, 10, 20]),
    line('at most 20 % from stable’s', [-4, 0, 4]),
  ]).toEqual(['▃▅██', '▃▅██', '▁▅██', '▃▅█', '▁▅█']);
});

test('evidence against the candidate is drawn by its logarithm, up to that of its limit', () => {
  const value = '4 of 14 against 0 of 195, evidence 31';
  const measure = { ...sample(2), trigger: 'comparison', value, limit: '100', recent: [0, 1, 1.5] } as const;
  const [line] = shown([{ ...measure, measured: { value: 1.5, of: 14 } }]);
  expect(line).toMatch(/^ {4}✓ comparison {2}4 of 14 against 0 of 195, evidence 31 {2}limit 100 +▁▅▆$/);
});

test.each([
  [[0, 0, 0], 5, '▁▁▁'],
  [[0, 0], undefined, '▁▁'],
  [[1, 2, 4], undefined, '▃▅█'],
  [[1], 0, '█'],
  [[null, 3], 3, ' █'],
  [[-1, 6], 3, '▁█'],
  [[-2, -1], undefined, '▁█'],
  [[-2, -2], -2, '▁▁'],
  [[], 3, ''],
])('%j up to %s is drawn as "%s"', (values, limit, drawn) => {
  expect(sparkline(values, limit)).toBe(drawn);
});
