import { Ajv2020 } from 'ajv/dist/2020.js';
import { exec } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { commandsReference } from '../../src/cli/docs/commands.js';
import { failuresReference } from '../../src/cli/docs/failures.js';
import { COMMANDS } from '../../src/cli/table.js';
import { adaptersSchema } from '../../src/config/adapter-schema.js';
import { deploySchema } from '../../src/config/deploy-schema.js';
import { flowText } from '../../src/config/flow-text.js';
import { generated } from '../../src/config/generate.js';
import { ownStageSchema } from '../../src/config/own-stage-schema.js';
import { policySchema } from '../../src/config/policy-schema.js';
import {
  commandSchema,
  deploymentSchema,
  gateSchema,
  performanceSchema,
  scanSchema,
} from '../../src/config/stage-schema.js';
import { STARTER_POLICY, STARTER_SERVICE } from '../../src/config/starter.js';
import { FAILURES } from '../../src/domain/failures.js';
import { packageRoot } from '../../src/paths.js';
import { temporaryFolder } from '../dev/temporary.js';
import { SERVICE, valid } from './texts.js';

const read = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');
const files = {
  ...generated(),
  'docs/cli.md': commandsReference(),
  'docs/failures.md': failuresReference(),
};

test.each(Object.entries(files))('%s is what the code says', (path, text) => {
  expect(read(path)).toBe(text);
});

test('npm run generate writes all of them anew', async () => {
  const copy = await temporaryFolder();
  const needed = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts'];
  for (const part of [...needed, 'src', 'workflows', 'activities', 'bench', 'dist'])
    cpSync(join(packageRoot(), part), join(copy, part), { recursive: true });
  symlinkSync(join(packageRoot(), 'node_modules'), join(copy, 'node_modules'));
  await promisify(exec)('npm run --silent generate', { cwd: copy });
  for (const [path, text] of Object.entries(files)) expect(readFileSync(join(copy, path), 'utf8')).toBe(text);
});

interface About {
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly about: z.GlobalMeta & { readonly default?: unknown };
}
interface Definition {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
}
function* keys(schema: z.ZodType, path: readonly string[] = []): Generator<About> {
  const { shape, innerType, element, valueType } = schema._zod.def as Definition;
  const about = z.globalRegistry.get(schema);
  if (about !== undefined) yield { path, schema, about };
  for (const inner of [innerType, element]) if (inner !== undefined) yield* keys(inner, path);
  if (valueType !== undefined) yield* keys(valueType, [...path, 'NAME']);
  for (const [key, value] of Object.entries(shape ?? {})) yield* keys(value, [...path, key]);
}
const all = [
  commandSchema,
  scanSchema,
  performanceSchema,
  ownStageSchema,
  gateSchema,
  deploymentSchema,
  adaptersSchema,
  deploySchema,
  policySchema,
].flatMap((schema) => [...keys(schema)]);

describe('every key', () => {
  test('is in the reference with its meaning', () => {
    const reference = read('docs/configuration.md');
    const described = all.filter(({ path }) => path.length > 0);
    expect(described.length).toBeGreaterThan(60);
    for (const { path, about } of described) {
      expect(reference).toContain(path.at(-1));
      expect(about.description, path.join('.')).not.toBe('');
    }
  });

  test('has examples that are valid, also as they are shown', () => {
    const examples = all.flatMap(({ schema, about }) =>
      ((about.examples ?? []) as unknown[]).map((e) => ({ schema, e })),
    );
    expect(examples.length).toBeGreaterThan(50);
    for (const { schema, e } of examples) {
      expect(parse(flowText(e)), flowText(e)).toEqual(e);
      expect(schema.safeParse(e).success, flowText(e)).toBe(true);
    }
  });

  const nested = (path: readonly string[], value: unknown): object =>
    path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
  const defaults = (schema: z.ZodType): [string, readonly string[], unknown][] =>
    [...keys(schema)].flatMap(({ path, about }) =>
      about.default === undefined ? [] : [[path.join('.'), path, about.default]],
    );
  /** What has a default only where it is asked for. */
  const LIMITS = { cpu: { threshold: '90%' }, memory: { threshold: '512Mi' } };
  test.each(defaults(deploySchema))('deploy.%s has the default that the reference says', (_, path, value) => {
    const file = parse(SERVICE) as { environments: object; deploy: object };
    const deploy = { ...file.deploy, triggers: LIMITS };
    const flagged = path[0] === 'feature_flag';
    const named = path.map((key) => (key === 'NAME' ? 'orders' : key));
    const orders = { query: 'orders{slot="$slot"}', direction: 'either' };
    const strategy =
      path[0] === 'rolling'
        ? { strategy: 'rolling', replicas: 2 }
        : flagged
          ? { strategy: 'feature_flag' }
          : {};
    const beside = flagged
      ? { flags: { checkout: {} }, deploy: { ...deploy, feature_flag: { flag: 'checkout' } } }
      : path.includes('NAME')
        ? { deploy: { ...file.deploy, metrics: 'prometheus', triggers: { metrics: { orders } } } }
        : { deploy };
    const read = (said: object) =>
      valid(
        stringify({
          ...file,
          ...beside,
          environments: { ...file.environments, production: { ...strategy, ...said } },
        }),
      );
    expect(read(nested(named, value))).toEqual(read({}));
  });
  test.each(defaults(commandSchema))(
    'stages[].%s has the default that the reference says',
    (_, path, value) => {
      const file = parse(SERVICE) as { stages: object[] };
      const stages = file.stages.map((stage, i) => (i === 0 ? { ...stage, ...nested(path, value) } : stage));
      expect(valid(stringify({ ...file, stages }))).toEqual(valid(SERVICE));
    },
  );
});

test.each([
  ...['duration: 30s', 'warm_up: 5s', 'request_timeout: 10s', 'max_in_flight: 1000', 'startup_timeout: 60s'],
  ...['thresholds: { error_rate: 1% }', 'thresholds: { p95: 2000ms }', 'ready_path: /ready'],
  'command: [node, server.js]',
])('a performance test has the default that the reference says: %s', (said) => {
  const stages = (more: string): string =>
    SERVICE.replace('  - approve\n', `  - { name: load, performance_test: { ${more} } }\n  - approve\n`);
  const least = 'requests: [{ path: / }], rate: 50';
  expect(stages(least)).not.toBe(SERVICE);
  expect(valid(stages(`${least}, ${said}`))).toEqual(valid(stages(least)));
});

describe('the JSON Schema', () => {
  const validator = (path: string) =>
    new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(
      JSON.parse(read(path)) as object,
    );
  const service = validator('schema/shipway.schema.json');
  const policy = validator('schema/shipway.policy.schema.json');

  test('takes what is valid', () => {
    expect(service(parse(STARTER_SERVICE))).toBe(true);
    expect(service(parse(read('examples/storefront/shipway.yaml')))).toBe(true);
    expect(service(parse(SERVICE))).toBe(true);
    expect(policy(parse(STARTER_POLICY))).toBe(true);
    expect(policy(parse(read('examples/storefront/shipway.policy.yaml')))).toBe(true);
  });

  /** What only rules or readers of YAML can say. */
  const BEYOND =
    /^(directive|repository-(credential-ssh|hook-nowhere|schedule)|adapter-(uncounted|unnamed|unfit|usage)|interval-short|size-small|latin1|matrix-(names|stages)|nul|access|alias|approve-after|bake-(short|least-long)|canary-|flag-|bomb|bom|comm|control|deploy-twice|duplicate-stage|env-reserved|env-secret|identity-missing|signed|needs-|no-artifacts|percent-falling|percent-no-100|proto|secret-in-script|stage-after|yaml11|crlf|dup-key|merge|custom-tag|stage-named|strategy-missing|missing-deploy|artifact-out|duration-(long|tiny)|common-place|triggers|only-glob|ready-late|way-(long|many|name|unknown)|required-|secret-foreign|reports-late|performance-(amount|beside|early|no-command)|own-stage-late|own-strategy-idle|rolling-alone|rollback-gradual|haproxy-(uncounted|user-key|without-latency)|queries-(half|idle)|routers-latency|comparison-|usage-windows|metrics-(gateway|lacking))/;
  const corpus = readdirSync(join(packageRoot(), 'test/config/corpus')).filter((name) =>
    name.endsWith('.yaml'),
  );
  test('refuses of the corpus what a schema can refuse', () => {
    const judged = corpus.filter((name) => !BEYOND.test(name));
    expect(judged.length).toBeGreaterThan(50);
    const taken = judged.filter((name) => {
      const document = parseDocument(read(`test/config/corpus/${name}`), { logLevel: 'silent' });
      if (document.errors.length > 0) return false;
      return (name.endsWith('.policy.yaml') ? policy : service)(document.toJS());
    });
    expect(taken).toEqual([]);
  });
});

test('the references have every command, option, example and failure', () => {
  const cli = files['docs/cli.md'];
  for (const { name, options, examples } of COMMANDS) {
    expect(cli).toContain(`## ${name}\n`);
    for (const text of [...Object.keys(options).map((o) => `--${o}`), ...examples])
      expect(cli).toContain(text);
  }
  for (const [type, { next }] of Object.entries(FAILURES)) {
    expect(files['docs/failures.md']).toContain(`| \`${type}\` |`);
    expect(files['docs/failures.md']).toContain(next);
  }
});
