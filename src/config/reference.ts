/** The part of JSON Schema that the references are made of. */
interface Schema {
  readonly description?: string;
  readonly title?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

/** docs/configuration.md: every key with its form and meaning. */
export function reference(files: readonly (readonly [string, unknown])[]): string {
  const parts = files.map(([name, schema]) =>
    [`## ${name}`, '', '| key | form | meaning |', '|---|---|---|', ...rows(schema as Schema, ''), ''].join(
      '\n',
    ),
  );
  return [
    '# Configuration',
    '',
    'Generated from the schemas. A key that is not here is an error, and so is a value of another form; `shipway validate` lists every problem with its line and column.',
    'Keys marked * must be there. Every environment under `environments` may change any key of `deploy`: mappings are merged, everything else is replaced.',
    '',
    'An editor that knows JSON Schema completes and checks both files: put `# yaml-language-server: $schema=` with the path of `schema/shipway.schema.json` on the first line.',
    '',
    ...parts,
  ].join('\n');
}

function rows(schema: Schema, path: string): readonly string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const needed = schema.required?.includes(key) === true ? ' *' : '';
    return [`| \`${at}\`${needed} | ${form(value)} | ${value.description ?? ''} |`, ...below(value, at)];
  });
  return own;
}

function below(value: Schema, at: string): readonly string[] {
  if (
    at === 'environments' &&
    value.additionalProperties !== undefined &&
    typeof value.additionalProperties === 'object'
  ) {
    const inner = value.additionalProperties;
    return inner.anyOf === undefined ? rows(inner, `${at}.NAME`) : [];
  }
  const items = value.items;
  if (items?.anyOf !== undefined)
    return items.anyOf
      .filter((s) => s.properties !== undefined)
      .flatMap((s) => [`| \`${at}[]\` | **${s.title ?? 'mapping'}** | |`, ...rows(s, `${at}[]`)]);
  if (items?.properties !== undefined) return rows(items, `${at}[]`);
  return rows(value, at);
}

function form(value: Schema): string {
  if (value.enum !== undefined) return value.enum.map((v) => `\`${v}\``).join(', ');
  if (value.const !== undefined) return `\`${value.const}\``;
  if (value.examples !== undefined) return value.examples.map((e) => `\`${String(e)}\``).join(', ');
  if (value.type === 'array')
    return `list${value.items === undefined || value.items.anyOf !== undefined ? '' : ` of ${form(value.items)}`}`;
  if (value.type === 'object') return 'mapping';
  return (
    { string: 'text', integer: 'whole number', boolean: 'true or false' }[value.type ?? ''] ??
    value.type ??
    ''
  );
}
