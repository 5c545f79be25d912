import type { CommandStage, ScanStage } from '../domain/plan.js';
import { alternative, parseAt, problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import {
  commandSchema,
  fixedSchema,
  scanSchema,
  type CommandInput,
  type FixedInput,
  type ScanInput,
} from './service-schema.js';
import { shown } from './shown.js';
import { stageProblems } from './stage-rules.js';

/** A stage with its defaults, and the branches that its `only` names. A deployment's plan is its environment's. */
export type StageConfig = (
  | Omit<CommandStage, 'skipped'>
  | Omit<ScanStage, 'skipped'>
  | { readonly kind: 'approve' | 'deploy'; readonly name: string; readonly needs: readonly string[] }
) & {
  readonly only?: readonly string[];
};
/** A stage as it was read, and where: without `needs` it needs the one before. */
export interface ReadStage {
  readonly i: number;
  readonly config: StageConfig;
  readonly needs: readonly string[] | undefined;
}
const MINUTE = 60_000;
const FIXED = ['approve', 'deploy'];

/** Every stage by the form that it has; all problems are collected. */
export function parseStages(
  raw: readonly unknown[],
  source: Source,
  problems: Problem[],
): readonly StageConfig[] {
  const stages = raw.flatMap((value, i): ReadStage[] => {
    const input = parseStage(value, ['stages', i], source, problems);
    return input === undefined ? [] : [{ i, config: configOf(input), needs: input.needs }];
  });
  problems.push(...stageProblems(stages, raw.map(nameOf), source));
  return stages.map(({ config, needs }, n) => {
    const before = stages[n - 1];
    return { ...config, needs: needs ?? (before === undefined ? [] : [before.config.name]) };
  });
}

const nameOf = (value: unknown): string | undefined => {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
  return typeof name === 'string' ? name : undefined;
};

type StageInput = CommandInput | ScanInput | FixedInput;

function parseStage(
  value: unknown,
  path: readonly PropertyKey[],
  source: Source,
  problems: Problem[],
): StageInput | undefined {
  if (typeof value === 'string') {
    if (isFixed(value)) return { name: value };
    problems.push(problemAt(source, path, ...oneWord(value)));
    return undefined;
  }
  const keys =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined;
  if (keys?.includes('script') === true) return parseAt(commandSchema, value, path, source, problems);
  if (keys?.includes('security_scan') === true) return parseAt(scanSchema, value, path, source, problems);
  if (isFixed(nameOf(value))) return parseAt(fixedSchema, value, path, source, problems);
  problems.push(problemAt(source, path, ...nothingToDo(keys)));
  return undefined;
}

const isFixed = (name: string | undefined): name is FixedInput['name'] => FIXED.includes(name ?? '');

function oneWord(word: string): [string, string] {
  const near = alternative(word, FIXED);
  return [
    `${shown(word)} alone says nothing about what it does`,
    near.startsWith('one of') ? `{ name: ${shown(word)}, script: [ … ] }` : near,
  ];
}

function nothingToDo(keys: readonly string[] | undefined): [string, string] {
  if (keys === undefined)
    return ['a stage is a mapping, or approve or deploy', '{ name: test, script: [npm test] }'];
  const near = keys
    .map((k) => [k, alternative(k, ['script', 'security_scan'])] as const)
    .find(([, to]) => !to.startsWith('one of'));
  return [
    'the stage has neither script nor security_scan',
    near === undefined ? 'adding script: [ … ]' : `${near[1]} instead of ${shown(near[0])}`,
  ];
}

function configOf(input: StageInput): StageConfig {
  const only = input.only === undefined ? {} : { only: input.only };
  if ('script' in input) return { ...command(input), ...only };
  if ('security_scan' in input) return { ...scan(input), ...only };
  return { kind: input.name, name: input.name, needs: [], ...only };
}

const command = (input: CommandInput): StageConfig => ({
  kind: 'command',
  name: input.name,
  needs: [],
  script: input.script,
  artifacts: input.artifacts ?? [],
  environment: input.environment ?? {},
  cache: (input.cache ?? []).map((c) => ({ paths: c.paths, keyFiles: c.key_files })),
  timeoutMs: input.timeout ?? 30 * MINUTE,
  attempts: input.retry?.attempts ?? 1,
  onLost: input.on_lost ?? 'rerun',
  allowFailure: input.allow_failure ?? false,
});

const scan = (input: ScanInput): StageConfig => ({
  kind: 'scan',
  name: input.name,
  needs: [],
  checks: ['secret_detection'],
  timeoutMs: input.timeout ?? 10 * MINUTE,
  allowFailure: input.allow_failure ?? false,
});
