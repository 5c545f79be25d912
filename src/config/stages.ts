import { z } from 'zod';
import type { CommandStage, OwnStage, PerformanceStage, ScanStage } from '../domain/plan.js';
import { meantKey, nearest } from './alternative.js';
import { NAME } from '../domain/ids.js';
import { deploySchema } from './deploy-schema.js';
import { besideFixed, besideScript } from './elsewhere.js';
import { misnamed } from './fields.js';
import { flowText } from './flow-text.js';
import { keysAt } from './known-keys.js';
import { ownStageSchema, type OwnStageInput } from './own-stage-schema.js';
import { variantsOf, type Matrix } from './matrix.js';
import { parseAt, problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import {
  commandSchema,
  deploymentSchema,
  gateSchema,
  performanceSchema,
  scanSchema,
  type CommandInput,
  type FixedInput,
  type PerformanceInput,
  type ScanInput,
} from './stage-schema.js';
import { shown } from './shown.js';
import type { Only } from './stage-fields.js';
import { stageProblems } from './stage-rules.js';
import { ownStageProblems } from './own-stage-rules.js';
import { wayProblems } from './way-rules.js';
import { command, ownStage, performance, scan, type Deployed } from './work-stages.js';

/** A stage with its defaults, and the branches and tags that its `only` names. A deployment's plan is its environment's. */
export type StageConfig = (
  | Omit<CommandStage, 'skipped' | 'reused'>
  | Omit<ScanStage, 'skipped' | 'reused'>
  | Omit<PerformanceStage, 'skipped' | 'reused'>
  | Omit<OwnStage, 'skipped' | 'reused'>
  | Named<'approve'>
  | (Named<'deploy'> & {
      /** Where a run leads that names no environment, in this order. */
      readonly environments?: readonly string[];
    })
) & {
  readonly only?: readonly Only[];
};
interface Named<Kind> {
  readonly kind: Kind;
  readonly name: string;
  readonly needs: readonly string[];
}
/** A stage as it was read, and where: without `needs` it needs the one before. With a matrix it stands for its variants. */
export interface ReadStage {
  readonly i: number;
  readonly config: StageConfig;
  readonly needs: readonly string[] | undefined;
  readonly matrix?: Matrix | undefined;
}
const FIXED = ['approve', 'deploy'];

/** What else a file names that its stages speak of; absent: it could not be read. */
export interface NamedBeside {
  readonly environments: readonly string[] | undefined;
  /** Own stage kinds. */
  readonly kinds: readonly string[] | undefined;
}

/** Every stage by the form that it has; all problems are collected. */
export function parseStages(
  raw: readonly unknown[],
  { environments, kinds }: NamedBeside,
  source: Source,
  problems: Problem[],
): readonly StageConfig[] {
  const deployed = deployedIn(source);
  const stages = raw.flatMap((value, i): ReadStage[] => {
    const input = parseStage(value, ['stages', i], source, problems);
    return input === undefined ? [] : [{ i, config: configOf(input, deployed), ...waysOf(input) }];
  });
  const spread = spreadOut(stages);
  problems.push(
    ...stageProblems(stages, raw.map(nameOf), source),
    ...ownStageProblems(stages, kinds, source),
    ...wayProblems(spread, environments, source),
  );
  return spread.map(({ config }) => config);
}

const waysOf = (input: StageInput): Pick<ReadStage, 'needs' | 'matrix'> => ({
  needs: input.needs,
  matrix: 'matrix' in input ? input.matrix : undefined,
});

/** Every stage as it is run, with what it needs: all variants, of a stage that has some. */
function spreadOut(stages: readonly ReadStage[]): readonly ReadStage[] {
  const variants = stages.map(({ config, matrix }) => variantsOf(config, matrix));
  const runAs = new Map(stages.map(({ config }, n) => [config.name, variants[n]?.map((v) => v.name) ?? []]));
  return stages.flatMap((stage, n) => {
    const before = stages[n - 1]?.config.name;
    const needs = stage.needs ?? (before === undefined ? [] : [before]);
    const all = needs.flatMap((need) => runAs.get(need) ?? [need]);
    return (variants[n] ?? []).map((config) => ({ ...stage, config: { ...config, needs: all } }));
  });
}

/** What `deploy` says of an instance, as far as it can be read: what is wrong there is said where it stands. */
function deployedIn({ document }: Source): Deployed {
  const { data } = deployedSchema.safeParse(document.value);
  const { command, health_checks: checks } = data?.deploy ?? {};
  const readyPath = checks?.readiness?.path;
  return { ...(command === undefined ? {} : { command }), ...(readyPath === undefined ? {} : { readyPath }) };
}
const deployedSchema = z.object({
  deploy: deploySchema.pick({ command: true, health_checks: true }).strip().optional(),
});

const nameOf = (value: unknown): string | undefined => {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
  return typeof name === 'string' ? name : undefined;
};

type StageInput = CommandInput | ScanInput | PerformanceInput | OwnStageInput | FixedInput;

function parseStage(
  value: unknown,
  path: readonly PropertyKey[],
  source: Source,
  problems: Problem[],
): StageInput | undefined {
  if (typeof value === 'string') {
    if (isFixed(value)) return value === 'approve' ? { name: value } : { name: value };
    problems.push(problemAt(source, path, ...oneWord(value)));
    return undefined;
  }
  const keys =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined;
  if (keys?.includes('script') === true)
    return parseAt(commandSchema, value, path, { ...source, elsewhere: besideScript }, problems);
  if (keys?.includes('security_scan') === true) return parseAt(scanSchema, value, path, source, problems);
  if (keys?.includes('performance_test') === true)
    return parseAt(performanceSchema, value, path, source, problems);
  if (keys?.includes('uses') === true) return parseAt(ownStageSchema, value, path, source, problems);
  const name = nameOf(value);
  if (isFixed(name))
    return parseAt(FIXED_SCHEMAS[name], value, path, { ...source, elsewhere: besideFixed(name) }, problems);
  problems.push(keys === undefined ? noStage(value, path, source) : nothingToDo(keys, path, source));
  return undefined;
}

const FIXED_SCHEMAS = { approve: gateSchema, deploy: deploymentSchema };
const isFixed = (name: string | undefined): name is FixedInput['name'] => FIXED.includes(name ?? '');

function oneWord(word: string): [string, string] {
  return [
    `${shown(word)} alone says nothing about what it does`,
    nearest(word, FIXED) ?? `{ name: ${flowText(word)}, script: [ … ] }`,
  ];
}

function noStage(value: unknown, path: readonly PropertyKey[], source: Source): Problem {
  const what = value === null ? 'there is nothing here' : 'this is no stage';
  return problemAt(source, path, what, '{ name: test, script: [npm test] }, or approve, or deploy');
}

/** A stage of which it is not known what it does, perhaps because the key that says it has another name. */
function nothingToDo(keys: readonly string[], path: readonly PropertyKey[], source: Source): Problem {
  for (const key of keys) {
    const meant = source.coming.has(key)
      ? undefined
      : meantKey(key, ['script', 'security_scan', 'performance_test', 'uses']);
    if (meant !== undefined)
      return problemAt(source, [...path, key], `there is no key ${shown(key)}`, meant, 'key');
  }
  const later = keys.find((key) => source.coming.has(key));
  if (later !== undefined)
    return problemAt(
      source,
      [...path, later],
      `${later} is not available yet`,
      'leaving the stage out',
      'key',
    );
  const [only = '', ...more] = keys;
  const name = [only, misnamed(only)[1]].find((text) => NAME.test(text));
  return more.length > 0 || name === undefined || KEYS.has(only)
    ? problemAt(
        source,
        path,
        'the stage has none of script, security_scan, performance_test and uses',
        'adding script: [ … ]',
      )
    : problemAt(source, [...path, only], 'a stage has its name in the key name', `name: ${name}`, 'key');
}
const KEYS = new Set(
  [commandSchema, scanSchema, performanceSchema, ownStageSchema, gateSchema, deploymentSchema].flatMap(
    (schema) => keysAt(schema, []),
  ),
);

function configOf(input: StageInput, deployed: Deployed): StageConfig {
  const only = input.only === undefined ? {} : { only: input.only };
  if ('script' in input) return { ...command(input), ...only };
  if ('security_scan' in input) return { ...scan(input), ...only };
  if ('performance_test' in input) return { ...performance(input, deployed), ...only };
  if ('uses' in input) return { ...ownStage(input), ...only };
  if (input.name === 'approve') return { kind: 'approve', name: input.name, needs: [], ...only };
  const { environments } = input;
  return {
    ...{ kind: 'deploy', name: input.name, needs: [] },
    ...only,
    ...(environments === undefined ? {} : { environments }),
  };
}
