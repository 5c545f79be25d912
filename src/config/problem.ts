import { UsageError } from '../errors.js';
import { shown } from './shown.js';

/** Something wrong in a configuration file, where it is, and what to do. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `deploy.canary.steps[1]`, or empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** Completes "try …". */
  readonly suggestion: string;
}

export type Loaded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** More are not shown: whoever has so many has one cause for most of them. */
const MOST_PROBLEMS = 100;

/** In the order of the file, each once: what several environments have in common is said of the common place. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((p) => [JSON.stringify(p), p]));
  const all = [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  const last = all[MOST_PROBLEMS - 1];
  if (last === undefined || all.length === MOST_PROBLEMS) return all;
  const more = `and ${String(all.length - MOST_PROBLEMS + 1)} more problems from here on`;
  return [
    ...all.slice(0, MOST_PROBLEMS - 1),
    { ...last, path: '', message: more, suggestion: 'correcting the ones above first' },
  ];
}

/** A configuration that a command needs has problems; the message has all of them, each on a line of its own. */
export class ConfigurationError extends UsageError {
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[], next: string) {
    super(`${what} has problems:\n${formatProblems(problems)}`, next);
    this.problems = problems;
  }
}

/** One line a problem: `file:line:col path: what is wrong; try …`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems
    .map(
      (p) =>
        `${p.file}:${String(p.line)}:${String(p.column)} ${p.path === '' ? '' : `${p.path}: `}${p.message}; try ${p.suggestion}`,
    )
    .join('\n');
}

/** A path as people write it; a key that could be mistaken for more than a key stands quoted. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((p) =>
      typeof p === 'number' ? `[${String(p)}]` : PLAIN.test(String(p)) ? `.${String(p)}` : `[${shown(p)}]`,
    )
    .join('')
    .replace(/^\./, '');
const PLAIN = /^[\w$-]{1,100}$/;
