import { COMING_IN_POLICY, COMING_IN_SERVICE } from './coming.js';
import { flowText } from './flow-text.js';
import {
  ADAPTERS,
  CODE,
  ENVIRONMENTS,
  FLAGS,
  INTRODUCTION,
  POLICY,
  RULES,
  STAGES,
} from './reference-text.js';
import { STARTER_POLICY, STARTER_SERVICE } from './starter.js';

/** The part of JSON Schema that the reference is made of, with `form` and `coming` of our own. */
export interface Schema {
  readonly description?: string;
  readonly title?: string;
  readonly type?: string;
  readonly form?: string;
  readonly coming?: readonly string[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

/** docs/configuration.md: every key with its form, default, meaning and an example. */
export function reference(service: Schema, policy: Schema): string {
  const { stages, deploy, adapters, flags } = service.properties ?? {};
  const kinds = (stages?.items?.anyOf ?? []).filter((kind) => kind.properties !== undefined);
  return [
    INTRODUCTION,
    '## shipway.yaml',
    table(shallow(service)),
    yaml(STARTER_SERVICE, 'What `shipway init` writes:'),
    STAGES,
    ...kinds.flatMap((kind) => [`### ${capital(kind.title ?? '')}`, table(kind)]),
    '## deploy',
    'How the service is deployed. `provider`, `command`, `router` and `strategy` must be given for every environment, here or there.',
    table(deploy ?? {}),
    RULES,
    ENVIRONMENTS,
    '## flags',
    FLAGS,
    table({ properties: flags === undefined ? {} : { flags } }),
    '## adapters',
    ADAPTERS,
    table(adapters ?? {}),
    CODE,
    '## shipway.policy.yaml',
    POLICY,
    table(policy),
    yaml(STARTER_POLICY, 'What `shipway init` writes:'),
    '## Not available yet',
    later('shipway.yaml', COMING_IN_SERVICE),
    later('shipway.policy.yaml', COMING_IN_POLICY),
  ]
    .join('\n\n')
    .concat('\n');
}

/** The top level alone: what is below has tables of its own. */
const shallow = (schema: Schema): Schema => ({
  ...schema,
  properties: Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(
      ([key, { properties, items, additionalProperties, ...own }]) => [
        key,
        {
          ...own,
          type: properties === undefined && additionalProperties === undefined ? (own.type ?? '') : 'object',
          ...(items === undefined ? {} : { items: { form: '[stages](#stages)' } }),
        },
      ],
    ),
  ),
});

const table = (schema: Schema): string =>
  ['| key | form | default | meaning | example |', '|---|---|---|---|---|', ...rows(schema, '')].join('\n');

function rows(schema: Schema, path: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const needed = schema.required?.includes(key) === true ? ' *' : '';
    const cells = [
      `\`${at}\`${needed}`,
      form(value),
      value.default === undefined ? '' : code(value.default),
      `${value.description ?? ''}${laterOf(value)}`,
      example(key, value),
    ];
    return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`, ...below(value, at)];
  });
}

/** Keys inside a list's entries, a mapping, or what stands under any name. */
function below({ items, additionalProperties: named, ...value }: Schema, at: string): readonly string[] {
  if (items?.properties !== undefined) return rows(items, `${at}[]`);
  if (typeof named !== 'object') return rows(value, at);
  const keyed = [named, ...(named.anyOf ?? [])].find(({ properties }) => properties !== undefined);
  if (keyed !== undefined) return rows(keyed, `${at}.NAME`);
  return rows(value, at);
}

const laterOf = ({ coming = [] }: Schema): string =>
  coming.length === 0 ? '' : ` (not yet: ${coming.map((name) => `\`${name}\``).join(', ')})`;

/** Where keys follow in rows of their own, those have the examples. */
const example = (key: string, { examples, properties }: Schema): string =>
  examples === undefined || properties !== undefined ? '' : `\`${key}: ${flowText(examples[0])}\``;

const code = (value: unknown): string => `\`${flowText(value)}\``;

function form(value: Schema): string {
  if (value.form !== undefined) return value.form;
  if (value.enum !== undefined) return value.enum.map((v) => `\`${v}\``).join(', ');
  if (value.anyOf !== undefined) return value.anyOf.map(form).join(' or ');
  if (value.type === 'array')
    return `list${value.items === undefined || value.items.properties !== undefined ? '' : ` of ${form(value.items)}`}`;
  if (value.type === 'object')
    return value.properties === undefined && typeof value.additionalProperties === 'object'
      ? `mapping of names to ${form(value.additionalProperties)}`
      : 'mapping';
  if (value.type === 'integer')
    return `whole number, ${String(value.minimum ?? '')} to ${String(value.maximum ?? '')}`;
  return { string: 'text', boolean: '`true`, `false`' }[value.type ?? ''] ?? value.type ?? '';
}

const yaml = (text: string, title: string): string => `${title}\n\n\`\`\`yaml\n${text}\`\`\``;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const later = (file: string, keys: ReadonlySet<string>): string =>
  `In \`${file}\` these keys are known and refused as not available yet: ${[...keys]
    .sort()
    .map((key) => `\`${key}\``)
    .join(', ')}.`;
