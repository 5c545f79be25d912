import type { DeploymentPlan, StagePlan } from '../domain/plan.js';
import { NAME } from '../domain/ids.js';
import { parseDocument, readText } from './document.js';
import { parseAt, problemAt, type Source } from './issues.js';
import type { Loaded, Problem } from './problem.js';
import { merged, deploymentOf } from './deployment.js';
import { deploymentProblems } from './deployment-rules.js';
import { parseStages, type StageConfig } from './stages.js';
import { serviceShell, type DeployInput } from './service-schema.js';

/** `shipway.yaml` with every default filled in: one deployment plan an environment. */
export interface ServiceConfig {
  readonly service: string;
  readonly stages: readonly StageConfig[];
  readonly environments: Readonly<Record<string, DeploymentPlan>>;
}
export type { StagePlan };

/** Reads and checks a file. Fails with `UsageError` only when it cannot be read at all. */
export async function loadService(file: string): Promise<Loaded<ServiceConfig>> {
  const text = await readText(file);
  return typeof text === 'string' ? parseService(file, text) : { ok: false, problems: [text] };
}

/** The same from a text, such as the file of a commit. */
export function parseService(file: string, text: string): Loaded<ServiceConfig> {
  const parsed = parseDocument(file, text);
  if (!parsed.ok) return parsed;
  const source: Source = { file, document: parsed.document };
  const problems: Problem[] = [];
  const shell = parseAt(serviceShell, parsed.document.value, [], source, problems);
  const stages = parseStages(rawStages(parsed.document.value), source, problems);
  if (shell === undefined || problems.length > 0) return { ok: false, problems };
  const environments = Object.fromEntries(
    Object.entries(shell.environments).flatMap(([environment, override]) => {
      const plan = environmentPlan(environment, shell.deploy ?? {}, override ?? {}, source, problems);
      return plan === undefined ? [] : [[environment, plan] as const];
    }),
  );
  if (Object.keys(shell.environments).length === 0)
    problems.push(problemAt(source, ['environments'], 'there is no environment', 'production: {}'));
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: { service: shell.service, stages, environments } };
}

const rawStages = (value: unknown): readonly unknown[] => {
  const stages =
    typeof value === 'object' && value !== null ? (value as { stages?: unknown }).stages : undefined;
  return Array.isArray(stages) ? (stages as unknown[]) : [];
};

function environmentPlan(
  environment: string,
  base: DeployInput,
  override: DeployInput,
  source: Source,
  problems: Problem[],
): DeploymentPlan | undefined {
  const path = ['environments', environment];
  if (!NAME.test(environment))
    problems.push(
      problemAt(
        source,
        path,
        `${JSON.stringify(environment)} is no name`,
        'lower-case letters, digits and dashes',
        'key',
      ),
    );
  const input = merged(base, override);
  const missing = (['provider', 'command', 'router', 'strategy'] as const).filter(
    (key) => input[key] === undefined,
  );
  for (const key of missing)
    problems.push(problemAt(source, path, `${key} is missing`, `adding ${key} to deploy, or here`, 'key'));
  if (missing.length > 0) return undefined;
  const plan = deploymentOf(environment, input);
  // A value of `deploy` is reported where it stands; one that this environment changed, at the change.
  problems.push(...deploymentProblems(plan, input, (key) => placeOf(key, path, override), source));
  return plan;
}

function placeOf(keys: readonly string[], path: readonly string[], override: DeployInput): readonly string[] {
  const [first = ''] = keys;
  return Object.hasOwn(override, first) ? [...path, ...keys] : ['deploy', ...keys];
}
