import { posix, relative } from 'node:path';
import tseslint from 'typescript-eslint';
import { importX } from 'eslint-plugin-import-x';

/**
 * Where each room takes values from: other rooms, or single modules of one, whose names end in `.ts`. `src` is what stands beside the
 * rooms: errors, hash, paths. Types may cross, but not into the domain.
 */
const ARROWS = {
  'src/domain': [],
  // A worker's settings have durations as shipway.yaml has them.
  src: ['src/domain', 'src/config/units.ts'],
  'src/config': ['src', 'src/domain'],
  'src/adapters': ['src', 'src/domain'],
  'src/gateway': ['src', 'src/domain'],
  'src/store': ['src', 'src/domain'],
  'src/stage': ['src', 'src/domain', 'src/adapters'],
  'src/client': ['src/domain', 'src/temporal-package.ts', 'src/within.ts'],
  // What a user's own code imports.
  'src/index': ['src', 'src/domain', 'src/config', 'src/client', 'src/cli/run-worker.ts'],
  // What adapters are held to: for tests, and for others' tests.
  'src/testing': ['src', 'src/domain'],
  'src/api': ['src', 'src/domain', 'src/store', 'src/adapters'],
  'src/cli': [
    ...['src', 'src/domain', 'src/config', 'src/client'],
    // `worker` and `dev` start what they are named after; `demo` runs a dev, other routers too, and clears away what that leaves.
    ...['src/worker.ts', 'src/dev/up.ts', 'src/dev/haproxy.ts', 'src/dev/nginx.ts', 'src/dev/prometheus.ts'],
    ...['src/dev/environment.ts', 'src/dev/find-program.ts', 'src/dev/guard.ts', 'src/dev/postgres-place.ts'],
  ],
  // Servers for a worker that is a process of its own. What an earlier dev left is told from other processes as its provider tells it.
  'src/dev': [
    ...['src', 'src/domain', 'src/gateway/state-dir.ts'],
    ...['src/adapters/providers/process-find.ts', 'src/adapters/providers/process-halt.ts'],
  ],
  // Wiring: it makes what the activities and the API are given. Workflows are bundled by their path.
  'src/worker': [
    ...['src', 'src/domain', 'src/config', 'src/adapters', 'src/stage', 'src/store', 'src/api'],
    // The load generator is got like the embedded servers.
    ...['activities', 'src/dev/load-tool.ts'],
  ],
  activities: ['src', 'src/domain', 'src/adapters', 'src/stage', 'src/store', 'src/client'],
  workflows: ['src/domain'],
};
/** The packages of rooms that may not have all: the sandbox has no Node, and the CLI no database and no worker. */
const PACKAGES = {
  'src/domain': /^$/,
  'src/cli': /^(?!(pg|@temporalio\/worker)$)/,
  workflows: /^@temporalio\/(workflow|common)$/,
};

function roomOf(module) {
  const [top, name, ...below] = module.split('/');
  if (top !== 'src') return top;
  const room = `src/${name.replace(/\.ts$/, '')}`;
  return below.length > 0 || room in ARROWS ? room : 'src';
}

/** Why a module of this repository may not import that, if it may not. */
function refusal(module, source, asType) {
  const room = roomOf(module);
  if (!(room in ARROWS)) return `${room} has no arrows in eslint.config.js`;
  if (!source.startsWith('.'))
    return (PACKAGES[room] ?? /./).test(source) ? undefined : `${room} may not import ${source}`;
  const to = posix.join(posix.dirname(module), source).replace(/\.js$/, '.ts');
  if (roomOf(to) === room || (asType && room !== 'src/domain')) return undefined;
  return [roomOf(to), to].some((of) => ARROWS[room].includes(of))
    ? undefined
    : `${room} may not take values from ${roomOf(to)}: only from ${ARROWS[room].join(', ') || 'itself'}`;
}

const arrows = {
  create(context) {
    const module = relative(import.meta.dirname, context.filename);
    const look = (node) => {
      const { source, importKind, exportKind } = node;
      // As far as a template names it, that is enough to know its room.
      const named = source?.quasis?.[0].value.cooked ?? source?.value;
      if (typeof named !== 'string') return;
      const message = refusal(module, named, (importKind ?? exportKind) === 'type');
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: look,
      ImportExpression: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
    };
  },
};

const noEnums = { selector: 'TSEnumDeclaration', message: 'use a const object or a union' };
const own = (method) => `[callee.object.name="AbortSignal"][callee.property.name="${method}"]`;
const noLostTimeout = {
  selector: `CallExpression${own('any')} CallExpression${own('timeout')}`,
  message: 'such a timeout is collected before it comes: use `within`',
};
const noClock = {
  selector: 'NewExpression[callee.name="Date"][arguments.length=0], CallExpression[callee.name="Date"]',
  message: 'a decision is given its instant',
};
const MODULE = ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration';
const noState = {
  selector: `${MODULE}[kind!="const"], ${MODULE} > VariableDeclarator > :matches(ArrayExpression, NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet|Array)$/])`,
  message: 'all workflows of a worker share this module: what it keeps would pass from one to another',
};
const NODE_GLOBALS = ['process', 'Buffer', 'performance', 'crypto', 'fetch', 'setImmediate', 'WeakRef'];

export default tseslint.config(
  { ignores: ['.cache/', 'dist/', 'node_modules/', 'examples/', '.shipway/', 'coverage/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.js', 'bin/*.js', 'scripts/*.js'] } },
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 250, skipComments: false, skipBlankLines: false }],
      'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', noEnums, noLostTimeout],
    },
  },
  {
    files: ['test/**/*.ts', 'vitest.config.ts'],
    rules: { 'max-lines-per-function': 'off', 'import-x/no-default-export': 'off' },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['{src,workflows,activities}/**/*.ts'],
    plugins: { rooms: { rules: { arrows } } },
    rules: { 'rooms/arrows': 'error' },
  },
  // Temporal makes clock and chance of workflow code repeat themselves; the domain, which others call too, has neither.
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...NODE_GLOBALS],
      'no-restricted-syntax': ['error', noEnums, noState],
    },
  },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...NODE_GLOBALS, 'setTimeout', 'setInterval', 'console'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now' },
        { object: 'Math', property: 'random' },
      ],
      'no-restricted-syntax': ['error', noEnums, noClock, noState],
    },
  },
);
