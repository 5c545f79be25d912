import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** What a query asks of Prometheus: series, and how far back where it asks for a range of them. */
export interface Selector {
  readonly series: string;
  /** As it is written: `5m`. */
  readonly range?: string;
  /** What takes the range needs two samples of a series in it. */
  readonly ofTwo?: true;
}
/** A query as Prometheus reads it. */
export interface Promql {
  /** Each once. */
  readonly selectors: readonly Selector[];
  /** It is one selector of series and nothing else: that, the name of its metric where one is written, and its labels. */
  readonly one?: { readonly series: string; readonly metric: string; readonly labels: readonly string[] };
  /** It gives samples of a while and no value of them: whose. */
  readonly rangeOf?: string;
  readonly hasSubquery: boolean;
  /** In what it gives several series are made one. */
  readonly aggregates: boolean;
  /** What cannot be read, to the end; empty where it ends too soon. */
  readonly unread?: string;
}

/**
 * Reads a query by the grammar that Prometheus has for its own editor. Names such as `$slot`, which are still to be replaced, are words like
 * others, and so are functions that the grammar does not know: of another version, or of what answers as Prometheus does. Of what cannot be
 * read the rest is what it seems to be.
 */
export function readPromql(query: string): Promql {
  const { top, names } = parsed(query);
  const nodes = within(top);
  const text = ({ from, to }: SyntaxNode): string => query.slice(from, to);
  const [root] = childrenOf(top).filter(({ name }) => name !== 'LineComment');
  const selectors = nodes.filter(is('VectorSelector')).map((node) => selectorOf(node, text, names));
  const value = root && bare(root);
  const range = value && RANGES.includes(value.name) ? value.firstChild : undefined;
  const wrong = nodes.find(({ type }) => type.isError);
  return {
    selectors: [...new Map(selectors.map((one) => [JSON.stringify(one), one])).values()],
    ...(root?.name === 'VectorSelector' && wrong === undefined ? { one: oneOf(root, text) } : {}),
    ...(range ? { rangeOf: text(range) } : {}),
    hasSubquery: nodes.some(is('SubqueryExpr')),
    aggregates: root !== undefined && aggregates(root),
    ...(wrong === undefined ? {} : { unread: query.slice(wrong.from) }),
  };
}

interface Parsed {
  readonly top: SyntaxNode;
  /** The query with names that the grammar knows, letter for letter in its place. */
  readonly names: string;
}
function parsed(query: string): Parsed {
  let names = query.replaceAll(/\$(?=[a-z])/g, 'x');
  let top = parser.parse(names).topNode;
  for (let round = 0; round < MOST_UNKNOWN; round++) {
    const unknown = unknownFunction(top, names);
    if (unknown === undefined) break;
    const known = (RENAMED.get(unknown) ?? ANY).padEnd(unknown.length);
    names = names.replaceAll(new RegExp(`(?<![\\w:])${unknown}(?=\\s*\\()`, 'g'), known);
    top = parser.parse(names).topNode;
  }
  return { top, names };
}
/** Each costs another reading. A query that names more of them stays unread. */
const MOST_UNKNOWN = 20;
/** Until Prometheus 3 it was `holt_winters`; what is alike in both is all that matters. */
const RENAMED = new Map([['holt_winters', 'deriv']]);
const ANY = 'ln';

/** The first name that is called and no function. One letter has no room for another name, and no function has such a one. */
function unknownFunction(top: SyntaxNode, names: string): string | undefined {
  const called = within(top).find(
    ({ name, from, to }) =>
      name === 'Identifier' && to - from >= ANY.length && /^\s*\(/.test(names.slice(to)),
  );
  return called && names.slice(called.from, called.to);
}

const is =
  (name: string) =>
  (node: SyntaxNode): boolean =>
    node.name === name;

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
/** In their order. */
const within = (node: SyntaxNode): readonly SyntaxNode[] => [node, ...childrenOf(node).flatMap(within)];

const RANGES: readonly string[] = ['MatrixSelector', 'SubqueryExpr'];
/** What changes when something is, and not what it is. */
const AROUND: readonly string[] = [
  'ParenExpr',
  'OffsetExpr',
  'StepInvariantExpr',
  'AnchoredExpr',
  'SmoothedExpr',
];

function bare(node: SyntaxNode): SyntaxNode {
  const inner = AROUND.includes(node.name) ? node.firstChild : null;
  return inner === null ? node : bare(inner);
}

type Text = (node: SyntaxNode) => string;

function selectorOf(node: SyntaxNode, text: Text, names: string): Selector {
  const { parent } = node;
  const range = parent?.name === 'MatrixSelector' ? parent.getChild('DurationExpr') : null;
  if (parent === null || range === null) return { series: text(node) };
  const taken = takenBy(parent, names);
  return {
    ...{ series: text(node), range: text(range) },
    ...(taken !== undefined && OF_TWO.includes(taken) ? { ofTwo: true } : {}),
  };
}

function takenBy(range: SyntaxNode, names: string): string | undefined {
  let { parent } = range;
  while (parent !== null && AROUND.includes(parent.name)) ({ parent } = parent);
  const called = parent?.name === 'FunctionCallBody' ? parent.parent?.getChild('FunctionIdentifier') : null;
  return called ? names.slice(called.from, called.to) : undefined;
}
const OF_TWO: readonly string[] = [
  ...['rate', 'irate', 'increase', 'delta', 'idelta', 'deriv', 'predict_linear'],
  'double_exponential_smoothing',
];

function oneOf(node: SyntaxNode, text: Text): NonNullable<Promql['one']> {
  const matchers = node.getChild('LabelMatchers');
  const parts = matchers === null ? [] : childrenOf(matchers);
  // What is quoted and matches nothing is the metric's name.
  const metric = node.getChild('Identifier') ?? parts.find(is('QuotedLabelName'));
  const labels = parts
    .filter(({ name }) => name.endsWith('LabelMatcher'))
    .map(({ firstChild }) => firstChild);
  const plain = (of: SyntaxNode | null | undefined): string =>
    of ? text(of).replace(/^(["'`])(.*)\1$/s, '$2') : '';
  return { series: text(node), metric: plain(metric), labels: labels.map(plain) };
}

/** What only says which series stay is not in what it gives. */
function aggregates(node: SyntaxNode): boolean {
  if (node.name === 'AggregateExpr') return true;
  const children = childrenOf(node);
  const only = node.name === 'BinaryExpr' && children.some(({ name }) => name === 'And' || name === 'Unless');
  return (only ? children.slice(0, 1) : children).some(aggregates);
}
