import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../src/paths.js';

const root = packageRoot();
// Types are checked elsewhere, and take most of the time.
const eslint = new ESLint({ cwd: root, overrideConfig: tseslint.configs.disableTypeChecked });

/** The lines of `code` that lint refuses in a file of `room`, as they are written. */
async function refused(room: string, lines: readonly string[]): Promise<readonly string[]> {
  const [result] = await eslint.lintText(lines.join('\n'), { filePath: join(root, room, 'planted.ts') });
  const found = (result?.messages ?? []).filter(({ ruleId }) => /^rooms|restricted/.test(ruleId ?? 'rooms'));
  expect(result?.messages.filter((m) => m.fatal)).toEqual([]);
  return lines.filter((_, i) => found.some(({ line }) => line === i + 1));
}

/** The rooms, each with those that docs/architecture.md says it may import. */
const architecture = await readFile(join(root, 'docs/architecture.md'), 'utf8');
const [, table = ''] = /^## Rooms\n([^]*?)\n## /m.exec(architecture) ?? [];
const rooms = new Map(
  [...table.matchAll(/^\| `([\w/]+)` +\|[^|]*\| ([\w, ]+?) +\|$/gm)].map(([, room = '', may = '']) => [
    room,
    may === 'itself' ? [] : may.split(', '),
  ]),
);
const short = (room: string): string => room.replace('src/', '');
const SHARED = 'src/errors.js';
const WITHOUT_SHARED = ['src/domain', 'src/client', 'workflows'];
const from = (room: string, module: string): string => `${'../'.repeat(room.split('/').length)}${module}`;

test('every folder of the product is a room that the documents name', async () => {
  const below = await readdir(join(root, 'src'), { withFileTypes: true });
  const folders = below.filter((entry) => entry.isDirectory()).map(({ name }) => `src/${name}`);
  expect([...rooms.keys()].toSorted()).toEqual([...folders, 'activities', 'workflows'].toSorted());
  expect(await refused('src/attic', [`import { x } from '../errors.js';`])).toHaveLength(1);
});

describe.each([...rooms])('%s', (room, may) => {
  const others = [...rooms.keys()].filter((other) => other !== room);
  const modules = [
    ...others.map((other) => ({ module: `${other}/planted.js`, may: may.includes(short(other)) })),
    { module: SHARED, may: !WITHOUT_SHARED.includes(room) },
    { module: 'test/support/plans.js', may: false },
  ];
  const forms = (module: string) => [
    `import { x } from '${from(room, module)}';`,
    `import '${from(room, module)}';`,
    `export { x } from '${from(room, module)}';`,
    `export * from '${from(room, module)}';`,
    `await import('${from(room, module)}');`,
    `await import(\`${from(room, module)}\`);`,
  ];

  test('takes values from no room but those it may', async () => {
    const planted = modules.flatMap(({ module }) => forms(module));
    const wrong = modules.filter((m) => !m.may).flatMap(({ module }) => forms(module));
    expect(wrong.length).toBeGreaterThan(5);
    expect(await refused(room, planted)).toEqual(wrong);
  });

  test('takes its own values, and types from everywhere unless it is pure', async () => {
    expect(await refused(room, [`import { x } from './x.js';`, `import { y } from './below/y.js';`])).toEqual(
      [],
    );
    expect(await refused(`${room}/below`, [`import { x } from '../x.js';`])).toEqual([]);
    const types = modules.map(({ module }) => `import type { X } from '${from(room, module)}';`);
    expect(await refused(room, types)).toEqual(room === 'src/domain' ? types : []);
  });
});

test.each([
  ['src/cli', 'src/worker.js', 'src/worker/serve.js'],
  ['src/cli', 'src/dev/up.js', 'src/dev/postgres.js'],
  ['src/dev', 'src/gateway/state-dir.js', 'src/gateway/gateway.js'],
  ['src/dev', 'src/adapters/providers/process-find.js', 'src/adapters/providers/process.js'],
  ['src', 'src/config/units.js', 'src/config/index.js'],
])('%s takes %s, and not %s', async (room, module, other) => {
  const planted = [module, other].map((m) => `import { x } from '${from(room, m)}';`);
  expect(await refused(room, planted)).toEqual([planted[1]]);
});

test.each([
  [
    'workflows',
    ['@temporalio/workflow', '@temporalio/common'],
    [
      'node:fs',
      'fs',
      'zod',
      'pg',
      'undici',
      '@temporalio/client',
      '@temporalio/activity',
      '@temporalio/worker',
    ],
  ],
  ['src/domain', [], ['node:crypto', 'zod', '@temporalio/common']],
  ['src/cli', ['node:fs', 'zod', 'undici'], ['pg', '@temporalio/worker']],
])('%s has the packages %j and not %j', async (room, has, hasNot) => {
  const forms = (name: string) => [`import { x } from '${name}';`, `await import('${name}');`];
  expect(await refused(room, [...has, ...hasNot].flatMap(forms))).toEqual(hasNot.flatMap(forms));
});

const NODES = [
  'process.pid;',
  'Buffer.from([]);',
  'performance.now();',
  'crypto.randomUUID();',
  'fetch("/");',
];
const CLOCK = ['Date.now();', 'new Date();', 'Date();', 'Math.random();', 'setTimeout(f, 1);'];
const GIVEN = ['new Date(at);', 'Date.parse(at);', 'Math.max(a, b);'];
test.each([
  ['src/domain', [...NODES, ...CLOCK]],
  // Temporal makes these the same in every replay.
  ['workflows', NODES],
  ['src/config', []],
])('%s has neither of %j', async (room, hasNot) => {
  expect(await refused(room, [...NODES, ...CLOCK, ...GIVEN])).toEqual(hasNot);
});

const STATE = [
  'let a = 1;',
  'export let b = 1;',
  'const c = new Map();',
  'export const d = new Set([1]);',
  'const e = [];',
];
const STATELESS = [
  'const f = { g: [1] } as const;',
  'const h = () => { let i = 1; return [new Map(), i]; };',
  'const j = [1] as const;',
];
test.each([
  ['src/domain', STATE],
  ['workflows', STATE],
  ['src/config', []],
])('modules of %s keep nothing: not %j', async (room, hasNot) => {
  expect(await refused(room, [...STATE, ...STATELESS])).toEqual(hasNot);
});
