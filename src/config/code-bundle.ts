import { SourceMap } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Loader, Message, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import type { Files } from './files.js';
import { inOrder, type Problem } from './problem.js';
import { whole } from './read-text.js';
import { shown } from './shown.js';

/** A configuration and all that it imports as one text, and where each part of that comes from. */
export interface CodeBundle {
  readonly text: string;
  /** The place of the user's own that a stack of the text begins at; `undefined` when it is nowhere in theirs. */
  readonly placeOf: (stack: string) => Pick<Problem, 'file' | 'line' | 'column'> | undefined;
}

const ENTRY =
  'import { report } from "shipway:evaluated";\nvoid report(() => import("shipway:configuration"));\n';
/** Names the user's files, beside shipway's own. */
const THEIRS = 'repository';

/**
 * What is evaluated of a configuration: itself, the files of the repository that it imports, and `shipway`, which is this very version
 * wherever the repository has one. Or the problems that keep it from being that.
 */
export async function bundleOf(file: string, files: Files): Promise<CodeBundle | readonly Problem[]> {
  const { build, stop } = await import('esbuild');
  building++;
  try {
    const { outputFiles } = await build({
      stdin: { contents: ENTRY, resolveDir: '/' },
      ...{ bundle: true, write: false, outfile: '/configuration.js', sourcemap: 'external' },
      ...{ platform: 'node', format: 'esm', target: 'node20', charset: 'utf8', logLevel: 'silent' },
      // What decides is what is in the repository's code, and no setting of its compiler.
      ...{ tsconfigRaw: {}, plugins: [from(file, files)] },
    });
    const [map = '{}', text = ''] = ['.js.map', '.js'].map(
      (end) => outputFiles.find(({ path }) => path.endsWith(end))?.text,
    );
    return { text, placeOf: placeIn(new SourceMap(JSON.parse(map) as never)) };
  } catch (error) {
    const { errors } = error as { readonly errors?: readonly Message[] };
    if (errors === undefined) throw error;
    return inOrder(errors.map((message) => problemOf(message, file)));
  } finally {
    // It is one process for all who build at the time.
    if (--building === 0) await stop();
  }
}
let building = 0;

/** A problem with a file that was imported, at the place where it was, or in the file itself. */
function problemOf({ text, location, detail }: Message, file: string): Problem {
  if (typeof detail === 'object' && detail !== null) return detail as Problem;
  const suggestion = typeof detail === 'string' ? detail : 'correcting it';
  if (location === null) return whole(file, text, suggestion);
  const { file: named, line, column } = location;
  const at = { file: named.replace(`${THEIRS}:`, ''), line, column: column + 1 };
  return { ...at, path: '', message: text, suggestion };
}

const from = (file: string, files: Files): Plugin => ({
  name: 'shipway',
  setup: (build) => {
    build.onResolve({ filter: /^shipway:configuration$/ }, () => ({ path: file, namespace: THEIRS }));
    build.onResolve({ filter: /^shipway:evaluated$/ }, () => ({ path: ours('evaluated') }));
    build.onResolve({ filter: /./, namespace: THEIRS }, (imported) => resolved(imported, files));
    build.onLoad({ filter: /./, namespace: THEIRS }, ({ path }) => loaded(path, files));
  },
});

/** A module of ours, as it is run from: the sources, or what was built of them. */
function ours(name: string): string {
  const self = fileURLToPath(import.meta.url);
  return join(dirname(self), `${name}${self.slice(self.lastIndexOf('.'))}`);
}

/** TypeScript's own files are named in imports as what they will be: `./base.js` is there as `./base.ts`. */
const ENDINGS: readonly (readonly [written: RegExp, there: readonly string[]])[] = [
  [/\.js$/, ['.ts']],
  [/\.mjs$/, ['.mts']],
  [/\.cjs$/, ['.cts']],
  [/$/, ['.ts', '.mts', '.js', '.mjs', '.json']],
];
const candidates = (path: string): readonly string[] => [
  path,
  ...ENDINGS.flatMap(([written, there]) =>
    written.test(path) ? there.map((end) => path.replace(written, end)) : [],
  ),
];

async function resolved({ path, importer }: OnResolveArgs, files: Files): Promise<OnResolveResult> {
  if (path === 'shipway') return { path: ours('define-service') };
  if (!/^\.{1,2}\//.test(path))
    return refused(
      `${shown(path)} is no file of the repository, and a configuration is made of those and shipway alone`,
      'a relative import, such as ./base.ts',
    );
  const target = resolve(dirname(importer), path);
  if (relative(files.root, target).startsWith('..'))
    return refused(`${shown(path)} leads out of ${files.root}`, 'a file inside it');
  for (const at of candidates(target))
    if ((await files.read(at)) !== undefined) return { path: at, namespace: THEIRS };
  return refused(
    `${shown(path)} is not there${files.where}`,
    files.where === '' ? 'correcting the import' : 'committing it, or correcting the import',
  );
}

const refused = (text: string, detail: string): OnResolveResult => ({ errors: [{ text, detail }] });

const LOADERS: readonly (readonly [ending: RegExp, loader: Loader])[] = [
  [/\.[cm]?ts$/, 'ts'],
  [/\.[cm]?js$/, 'js'],
  [/\.json$/, 'json'],
];

async function loaded(path: string, files: Files): Promise<OnLoadResult> {
  const loader = LOADERS.find(([ending]) => ending.test(path))?.[1];
  const text = loader === undefined ? OTHER(path) : await files.read(path);
  if (typeof text === 'string' && loader !== undefined) return { contents: text, loader };
  return {
    errors: [{ text: 'not read', detail: text ?? whole(path, 'it is not there', 'putting it there') }],
  };
}
const OTHER = (path: string): Problem =>
  whole(path, 'it is neither code nor JSON', 'importing a .ts, .js or .json file');

const placeIn =
  (map: SourceMap): CodeBundle['placeOf'] =>
  (stack) => {
    for (const [, line, column] of stack.matchAll(/\[(?:eval\d*|stdin)\]:(\d+):(\d+)/g)) {
      const found = map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in found)) continue;
      const [, file] = new RegExp(`${THEIRS}:(.*)$`).exec(found.originalSource) ?? [];
      if (file !== undefined) return { file, line: found.originalLine + 1, column: found.originalColumn + 1 };
    }
    return undefined;
  };
