/** Matchers of labels in their braces, which may have braces in what is quoted. */
export const MATCHERS = /\{(?:[^{}"'`]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)*\}/.source;
export const METRIC = '[a-zA-Z_:][\\w:]*';
const QUOTED = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/.source;

/** Operators that make of several series one. */
export const AGGREGATIONS =
  'sum|avg|min|max|count|group|stddev|stdvar|topk|bottomk|quantile|count_values|limitk|limit_ratio';
/** Words of the language that may stand where a name of a metric may. */
const WORDS = new RegExp(
  `^(?:${AGGREGATIONS}|and|or|unless|bool|offset|atan2|by|without|on|ignoring|group_left|group_right|inf|nan)$`,
  'i',
);
/** What a query is made of, as far as it matters where series are named: quoted texts, a comment, lists of labels, numbers, and what may be a selector. */
const PIECES = new RegExp(
  [
    QUOTED,
    '#.*',
    '\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)',
    '(?<![\\w:])\\d[\\w.]*',
    `(?<selector>${METRIC}(?:\\s*${MATCHERS})?|${MATCHERS})(?:\\s*\\[(?<range>[^\\]]*)\\])?(?<called>\\s*\\()?`,
  ].join('|'),
  'gi',
);

/** What a query asks of Prometheus: series, and how far back where it asks for a range of them. */
export interface Selector {
  readonly series: string;
  /** As it is written: `5m`. */
  readonly range?: string;
  /** What takes the range needs two samples of a series in it. */
  readonly ofTwo?: true;
}
const OF_TWO =
  /(?:rate|increase|delta|deriv|predict_linear|holt_winters|double_exponential_smoothing)\s*\([\s(]*$/;

/** Every selector of a query, each once. */
export function selectorsIn(query: string): readonly Selector[] {
  const found = [...query.matchAll(PIECES)].flatMap(({ index, groups: { selector, range, called } = {} }) =>
    selector === undefined || called !== undefined || WORDS.test(selector)
      ? []
      : [
          {
            series: selector,
            ...(range === undefined ? {} : { range }),
            ...(range !== undefined && OF_TWO.test(query.slice(0, index)) ? { ofTwo: true as const } : {}),
          },
        ],
  );
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

/** Without what is quoted, which may hold anything, and without a comment. */
export const unquoted = (query: string): string =>
  query.replaceAll(new RegExp(`${QUOTED}|#.*`, 'g'), (piece) => (piece.startsWith('#') ? '' : '""'));
