import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { pathText, type Problem } from './problem.js';
import type { Places } from './places.js';
import { shown } from './shown.js';
import { FORBIDDEN, HIDDEN, MOST_DEPTH } from './taken.js';

type Path = readonly PropertyKey[];

/** Words that YAML 1.1 reads as true or false, and YAML 1.2 as texts: two tools would see two configurations. */
const TWO_WAYS = /^(y|n|yes|no|on|off)$/i;

/** Makes plain data of nodes, and notes where it stands and what may not be there. */
export class NodeReader {
  readonly problems: Problem[] = [];
  /** What was refused, and so is not in the data. */
  readonly unread: Path[] = [];
  readonly places: Places;
  private readonly file: string;
  private readonly text: string;

  constructor(file: string, text: string, places: Places) {
    this.file = file;
    this.text = text;
    this.places = places;
  }

  read(node: unknown, path: Path, key?: number): unknown {
    const at = isNode(node) ? (node.range?.[0] ?? key ?? 0) : (key ?? 0);
    const source = isScalar(node) ? { source: node.source ?? '' } : {};
    const value = isScalar(node) && node.value === null && node.source === '' ? (key ?? at) : at;
    this.places.set(path, { value, ...(key === undefined ? {} : { key }), ...source });
    if (path.length > MOST_DEPTH)
      return this.leaveOut(path, at, `it is nested deeper than ${String(MOST_DEPTH)}`, 'a flatter file');
    if (isAlias(node)) return this.leaveOut(path, at, 'an alias is not taken', 'writing the value out');
    this.plain(node, path, at);
    if (isMap(node)) return this.mapping(node, path);
    if (isSeq(node)) return node.items.map((item, i) => this.read(item, [...path, i]));
    return isScalar(node) ? this.scalar(node.value, node.type === 'PLAIN', path, at) : null;
  }

  private refuse(path: Path, at: number, message: string, suggestion: string): undefined {
    const spot = this.places.spotOf(at);
    this.problems.push({ file: this.file, ...spot, path: pathText(path), message, suggestion });
    return undefined;
  }

  private leaveOut(path: Path, at: number, message: string, suggestion: string): undefined {
    this.unread.push(path);
    return this.refuse(path, at, message, suggestion);
  }

  private plain(node: unknown, path: Path, at: number): void {
    if (!isNode(node)) return;
    const { tag, anchor } = node as Node & { readonly anchor?: string };
    if (tag !== undefined) {
      let mark = this.text.lastIndexOf('!', Math.max(at - 1, 0));
      while (this.text[mark - 1] === '!') mark--;
      const written = /^!\S*/.exec(this.text.slice(mark, mark + 100))?.[0] ?? tag;
      this.refuse(path, Math.max(mark, 0), `the tag ${shown(written)} is not taken`, 'leaving it out');
    }
    if (anchor !== undefined) {
      const mark = this.text.lastIndexOf(`&${anchor}`, at);
      this.refuse(path, mark < 0 ? at : mark, 'an anchor is not taken', 'leaving it out');
    }
  }

  private scalar(value: unknown, plain: boolean, path: Path, at: number): unknown {
    if (typeof value !== 'string') return value;
    if (HIDDEN.test(value))
      return this.leaveOut(path, at, `${shown(value)} holds a character that is not seen`, 'taking it out');
    if (plain && TWO_WAYS.test(value))
      return this.leaveOut(
        path,
        at,
        `${value} is a text to some readers of YAML and a yes or no to others`,
        `"${value}" if it is a text, else true or false`,
      );
    return value;
  }

  private mapping(node: YAMLMap, path: Path): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    for (const pair of node.items) {
      const key = this.key(pair, mapping, path);
      if (key !== undefined) mapping[key.name] = this.read(pair.value, [...path, key.name], key.at);
    }
    return mapping;
  }

  /** The key of a pair; `undefined` when the pair is refused. */
  private key({ key }: Pair, mapping: object, path: Path): { name: string; at: number } | undefined {
    const at = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    this.plain(key, path, at);
    if (!isScalar(key))
      return this.text.startsWith('{{', at - 1)
        ? this.leaveOut(path, at - 1, 'a template such as {{ … }} is not filled in', 'writing the value out')
        : this.leaveOut(path, at, 'a key is not a text', 'a text as the key');
    const { value, source = '' } = key;
    if (value === '<<') return this.leaveOut(path, at, 'a merge key is not taken', 'writing the keys out');
    if (typeof value !== 'string')
      return source === ''
        ? this.refuse(path, at, 'there is a value without a key', '`key: value`')
        : this.refuse(path, at, `the key ${shown(source)} is not a text`, `quoting it: "${source}"`);
    if (HIDDEN.test(value))
      return this.refuse(
        path,
        at,
        `the key ${shown(value)} holds a character that is not seen`,
        'taking it out',
      );
    const own = [...path, value];
    if (FORBIDDEN.has(value)) return this.refuse(own, at, `${value} cannot be a key`, 'another name');
    if (Object.hasOwn(mapping, value)) {
      const { line, column } = this.places.locate(own, 'key');
      const first = `${String(line)}:${String(column)}`;
      return this.refuse(own, at, `there is another ${shown(value)} at ${first}`, 'keeping one of the two');
    }
    return { name: value, at };
  }
}
