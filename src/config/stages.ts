import type { CommandStage, ScanStage } from '../domain/plan.js';
import { alternative, parseAt, problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { looksSecret } from './secrets.js';
import {
  commandSchema,
  fixedSchema,
  scanSchema,
  type CommandInput,
  type FixedInput,
  type ScanInput,
} from './service-schema.js';

/** A stage with its defaults, and the branches that its `only` names. A deployment's plan is its environment's. */
export type StageConfig = (
  | Omit<CommandStage, 'skipped'>
  | Omit<ScanStage, 'skipped'>
  | { readonly kind: 'approve' | 'deploy'; readonly name: string; readonly needs: readonly string[] }
) & {
  readonly only?: readonly string[];
};
const MINUTE = 60_000;
const FIXED = ['approve', 'deploy'];

/** Every stage by the form that it has; all problems are collected. */
export function parseStages(
  raw: readonly unknown[],
  source: Source,
  problems: Problem[],
): readonly StageConfig[] {
  const stages = raw.flatMap((value, i) => parseStage(value, i, source, problems) ?? []);
  if (stages.length === raw.length) {
    problems.push(...names(stages, source), ...needs(stages, source), ...order(stages, source));
    return stages.map((stage, i) => ({ ...stage, needs: needsOf(raw[i], stages[i - 1]) }));
  }
  return stages;
}

function parseStage(value: unknown, i: number, source: Source, problems: Problem[]): StageConfig | undefined {
  const path = ['stages', i];
  if (typeof value === 'string') {
    if (FIXED.includes(value)) return fixed({ name: value as 'approve' | 'deploy' });
    problems.push(
      problemAt(
        source,
        path,
        `${JSON.stringify(value)} alone says nothing about what it does`,
        `{ name: ${value}, script: [ … ] }`,
      ),
    );
    return undefined;
  }
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const { name } = (value ?? {}) as { name?: unknown };
  if (keys.includes('script'))
    return mapped(parseAt(commandSchema, value, path, source, problems), (s) =>
      command(s, i, source, problems),
    );
  if (keys.includes('security_scan')) return mapped(parseAt(scanSchema, value, path, source, problems), scan);
  if (FIXED.includes(String(name))) return mapped(parseAt(fixedSchema, value, path, source, problems), fixed);
  problems.push(
    problemAt(
      source,
      path,
      'the stage has neither script nor security_scan',
      keys.length === 0 ? '{ name: test, script: [npm test] }' : suggestion(keys),
    ),
  );
  return undefined;
}

const suggestion = (keys: readonly string[]): string => {
  const near = keys
    .map((k) => [k, alternative(k, ['script', 'security_scan'])] as const)
    .find(([, to]) => !to.startsWith('one of'));
  return near === undefined ? 'adding script: [ … ]' : `${near[1]} instead of ${near[0]}`;
};
const mapped = <A, B>(value: A | undefined, map: (value: A) => B): B | undefined =>
  value === undefined ? undefined : map(value);
const onlyOf = (input: { only?: readonly string[] | undefined }) =>
  input.only === undefined ? {} : { only: input.only };

function command(input: CommandInput, i: number, source: Source, problems: Problem[]): StageConfig {
  for (const [key, value] of Object.entries(input.environment ?? {}))
    if (looksSecret(key, value))
      problems.push(
        problemAt(
          source,
          ['stages', i, 'environment', key],
          'this looks like a secret, and a secret never belongs into version control',
          'taking it out and rotating it',
        ),
      );
  if (FIXED.includes(input.name))
    problems.push(
      problemAt(
        source,
        ['stages', i, 'name'],
        `${input.name} is the name of the ${input.name === 'approve' ? 'gate' : 'deployment'}`,
        'another name',
      ),
    );
  return {
    kind: 'command',
    name: input.name,
    needs: [],
    ...onlyOf(input),
    script: input.script,
    artifacts: input.artifacts ?? [],
    environment: input.environment ?? {},
    cache: (input.cache ?? []).map((c) => ({ paths: c.paths, keyFiles: c.key_files })),
    timeoutMs: input.timeout ?? 30 * MINUTE,
    attempts: input.retry?.attempts ?? 1,
    onLost: input.on_lost ?? 'rerun',
    allowFailure: input.allow_failure ?? false,
  };
}

const scan = (input: ScanInput): StageConfig => ({
  kind: 'scan',
  name: input.name,
  needs: [],
  ...onlyOf(input),
  checks: ['secret_detection'],
  timeoutMs: input.timeout ?? 10 * MINUTE,
  allowFailure: input.allow_failure ?? false,
});
const fixed = (input: FixedInput | { name: 'approve' | 'deploy'; only?: undefined }): StageConfig => ({
  kind: input.name,
  name: input.name,
  needs: [],
  ...onlyOf(input),
});

function needsOf(raw: unknown, before: StageConfig | undefined): readonly string[] {
  const said =
    typeof raw === 'object' && raw !== null ? (raw as { needs?: readonly string[] }).needs : undefined;
  return said ?? (before === undefined ? [] : [before.name]);
}

const names = (stages: readonly StageConfig[], source: Source): Problem[] =>
  stages.flatMap((s, i) =>
    stages.findIndex((o) => o.name === s.name) === i
      ? []
      : [problemAt(source, ['stages', i, 'name'], `there is another stage ${s.name}`, 'another name')],
  );

/** A stage needs earlier ones: so there can be no cycle. */
function needs(stages: readonly StageConfig[], source: Source): Problem[] {
  const raw = (source.document.value as { stages: readonly unknown[] }).stages;
  return stages.flatMap((stage, i) => {
    const said = needsOf(raw[i], undefined);
    const earlier = stages.slice(0, i).map((s) => s.name);
    return said.flatMap((need, n) => {
      if (earlier.includes(need)) return [];
      const later = stages.some((s) => s.name === need);
      const message =
        need === stage.name
          ? `${need} needs itself`
          : later
            ? `${need} comes later`
            : `there is no stage ${need}`;
      return [
        problemAt(
          source,
          ['stages', i, 'needs', n],
          message,
          later ? 'putting it before this one' : alternative(need, earlier),
        ),
      ];
    });
  });
}

function order(stages: readonly StageConfig[], source: Source): Problem[] {
  const deploy = stages.findIndex((s) => s.kind === 'deploy');
  const approve = stages.findIndex((s) => s.kind === 'approve');
  if (deploy < 0) return [];
  if (approve > deploy)
    return [
      problemAt(source, ['stages', approve], 'the approval comes after the deployment', 'putting it before'),
    ];
  const artifacts = stages.slice(0, deploy).some((s) => s.kind === 'command' && s.artifacts.length > 0);
  return artifacts
    ? []
    : [
        problemAt(
          source,
          ['stages', deploy],
          'no stage before the deployment leaves artifacts, so there is nothing to deploy',
          'artifacts: [dist/] on the stage that builds',
        ),
      ];
}
