import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { formatProblems, parseService, resolvePlan, type Loaded } from '../../src/config/index.js';
import { STARTER_POLICY, STARTER_SERVICE } from '../../src/config/starter.js';
import { digestOf } from '../../src/hash.js';
import { packageRoot } from '../../src/paths.js';
import { policy, SERVICE, valid } from './texts.js';

// Many processes or many runs: minutes on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 });

const CORPUS = join(packageRoot(), 'test/config/corpus');
const texts = [
  ...[STARTER_SERVICE, STARTER_POLICY, SERVICE],
  ...readdirSync(CORPUS)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(CORPUS, name), 'utf8')),
];

/** Throws nothing, and each problem has a place in the file and says what to try, on one line. */
function holds(text: string): void {
  const lines = text.split(/\n/);
  const every = (loaded: Loaded<unknown>): void => {
    if (loaded.ok) return;
    expect(loaded.problems.length).toBeGreaterThan(0);
    for (const { line, column, message, suggestion } of loaded.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
      expect(message).not.toBe('');
      expect(suggestion).not.toBe('');
    }
    expect(formatProblems(loaded.problems).split('\n')).toHaveLength(loaded.problems.length);
  };
  every(parseService('f', text));
  every(policy(text));
}

const MARKS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  ',',
  '-',
  '- ',
  '\n',
  '\n  ',
  '\t',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '!!str ',
  '|',
  '>',
  '<<: ',
  '? ',
  '---\n',
  '%',
  '@',
  '\0',
  '\u00a0',
  '\ud800',
  '\r',
  '1',
  '5m',
  '5%',
  '~',
  'yes',
  '__proto__: ',
];
const mark = fc.constantFrom(...MARKS);

describe('any text', () => {
  test('of YAML’s marks', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(mark, fc.string({ maxLength: 4 })), { maxLength: 60 }), (parts) => {
        holds(parts.join(''));
      }),
      { numRuns: 400 },
    );
  });
  test('at all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holds), { numRuns: 400 });
  });
});

test('a file with parts taken out, put in, and moved', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(30),
    put: fc.oneof(mark, fc.constant('')),
  });
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
      let changed = text;
      for (const { at, cut, put } of edits) {
        const i = Math.floor(at * changed.length);
        changed = changed.slice(0, i) + put + changed.slice(i + cut);
      }
      holds(changed);
    }),
    { numRuns: 400 },
  );
});

test('a valid file with any value in the place of another', () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  const paths = (v: unknown, path: (string | number)[] = []): (string | number)[][] =>
    typeof v === 'object' && v !== null
      ? Object.entries(v).flatMap(([k, inner]) => [[...path, k], ...paths(inner, [...path, k])])
      : [];
  const all = paths(parse(STARTER_SERVICE));
  fc.assert(
    fc.property(fc.constantFrom(...all), value, (path, put) => {
      const file = parse(STARTER_SERVICE) as Record<string, unknown>;
      const parent = path
        .slice(0, -1)
        .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, file);
      parent[path.at(-1) ?? ''] = put;
      holds(stringify(file));
    }),
    { numRuns: 400 },
  );
});

/** So that words which some read as yes or no stay texts. */
const QUOTED = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' } as const;

describe('what is valid', () => {
  const facts = {
    root: '/',
    version: 'v1',
    commit: 'a'.repeat(40),
    committedAt: '',
    author: 'a',
    dirty: false,
    branches: ['main'],
  };
  const hash = (text: string): string => digestOf(resolvePlan(valid(text), ['production'], facts));
  const duration = fc
    .tuple(fc.integer({ min: 10, max: 300 }), fc.constantFrom('s', 'm'))
    .map(([n, unit]) => `${String(n)}${unit}`);
  const deploy = fc.record(
    {
      replicas: fc.integer({ min: 1, max: 50 }),
      bake: duration,
      drain_timeout: duration,
      low_traffic: fc.boolean(),
      on_inconclusive: fc.constantFrom('hold', 'continue'),
      strategy: fc.constantFrom('canary', 'blue_green'),
      environment: fc.dictionary(fc.constantFrom('A', 'B', 'LEVEL'), fc.stringMatching(/^[ -9;-~]{0,12}$/)),
      canary: fc.record({
        steps: fc
          .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 })
          .map((steps) => [...steps.sort((a, b) => a - b), 100].map((n) => `${String(n)}%`)),
      }),
    },
    { requiredKeys: [] },
  );
  const shuffled = (v: unknown): unknown =>
    Array.isArray(v)
      ? v.map(shuffled)
      : typeof v === 'object' && v !== null
        ? Object.fromEntries(
            Object.entries(v)
              .reverse()
              .map(([k, inner]) => [k, shuffled(inner)]),
          )
        : v;

  test('gives the same plan when it is written anew, with its keys in another order and in any style', () => {
    fc.assert(
      fc.property(deploy, deploy, (common, own) => {
        const file = parse(SERVICE) as { deploy: object; environments: object };
        const deployed = { ...file.deploy, ...common };
        // Shares of users are for the strategy that has them.
        if ((own.strategy ?? deployed.strategy) === 'blue_green')
          for (const keys of [deployed, own]) delete keys.canary;
        const text = stringify({ ...file, deploy: deployed, environments: { production: own } }, QUOTED);
        const loaded = parseService('f', text);
        expect(loaded.ok, loaded.ok ? '' : formatProblems(loaded.problems)).toBe(true);
        const again = shuffled(parse(text));
        const styles = [
          stringify(again, QUOTED),
          stringify(again, { ...QUOTED, collectionStyle: 'flow' }),
          JSON.stringify(again, null, 2),
        ];
        for (const style of styles) expect(hash(style)).toBe(hash(text));
      }),
      { numRuns: 100 },
    );
  });
});
