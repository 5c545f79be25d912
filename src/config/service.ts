import { NAME } from '../domain/ids.js';
import { COMING_IN_SERVICE } from './coming.js';
import { onesOf, type FlagDeclaration } from '../domain/flags.js';
import type { DeploymentPlan } from '../domain/plan.js';
import type { Policy } from '../domain/policy.js';
import { adapterProblems } from './adapter-rules.js';
import { adaptersSchema, ownAdapters, type OwnAdapters } from './adapter-schema.js';
import { deploymentOf, merged } from './deployment.js';
import { deploymentProblems, type Ask } from './deployment-rules.js';
import { variableProblems } from './variable-rules.js';
import { parseDocument, type ParsedDocument } from './document.js';
import { gone, idleStrategies, unheard, unnamed, unplaced } from './environment-rules.js';
import { misnamed } from './fields.js';
import { flagsIn } from './flag-schema.js';
import { parseAt, problemAt, sourceOf, toldToTry, wasRead, type Source } from './issues.js';
import { inOrder, type Loaded, type Problem } from './problem.js';
import { deploySchema, type DeployInput } from './deploy-schema.js';
import { serviceShell } from './service-schema.js';
import { parseStages, type StageConfig } from './stages.js';

/** A service with every default filled in: one deployment plan an environment. */
export interface ServiceConfig {
  readonly service: string;
  readonly stages: readonly StageConfig[];
  readonly environments: Readonly<Record<string, DeploymentPlan>>;
}

/** Checks a text. Throws nothing, whatever the text. */
export const parseService = (file: string, text: string): Loaded<ServiceConfig> =>
  serviceIn(file, parseDocument(file, text));

/** The service in a file that has been read. */
export function serviceIn(
  file: string,
  { document, problems: found }: ParsedDocument,
): Loaded<ServiceConfig> {
  if (document === undefined) return { ok: false, problems: found };
  const problems = [...found];
  const source = sourceOf(file, document, COMING_IN_SERVICE);
  const config = configOf(source, problems);
  return config === undefined || problems.length > 0
    ? { ok: false, problems: inOrder(problems) }
    : { ok: true, value: config };
}

/** The environments and channels of a service that a policy does not name, or not whole, each as a problem of that policy or of the file. */
export const unnamedIn = (
  file: string,
  { document }: ParsedDocument,
  { environments }: ServiceConfig,
  policy: Policy,
): readonly Problem[] =>
  document === undefined
    ? []
    : [
        ...unnamed(
          Object.keys(environments),
          Object.keys(policy.environments),
          sourceOf(file, document, COMING_IN_SERVICE),
        ),
        ...unplaced(environments, policy, sourceOf(file, document, COMING_IN_SERVICE)),
        ...gone(environments, policy, sourceOf(file, document, COMING_IN_SERVICE)),
        ...unheard(environments, policy, sourceOf(file, document, COMING_IN_SERVICE)),
      ];

function configOf(source: Source, problems: Problem[]): ServiceConfig | undefined {
  const { value, places } = source.document;
  const shell = parseAt(serviceShell, value, [], source, problems);
  if (shell === undefined) return undefined;
  const { service, stages: raw, deploy, environments, adapters } = shell;
  const flags = flagsIn(shell.flags, source, problems);
  for (const key of ['service', 'stages', 'environments'])
    if (!places.has([key]) && wasRead(source, [key]) && !toldToTry(problems, key))
      problems.push(problemAt(source, [], `${key} is missing`, MISSING[key] ?? key));
  const base =
    deploy === undefined ? {} : (parseAt(deploySchema, deploy, ['deploy'], source, problems) ?? {});
  const named =
    adapters === undefined ? {} : parseAt(adaptersSchema, adapters, ['adapters'], source, problems);
  const own = wasRead(source, ['adapters']) ? ownAdapters(named) : undefined;
  const beside = { environments: environments && Object.keys(environments), kinds: own?.stages };
  const stages = parseStages(raw ?? [], beside, source, problems);
  const plans = Object.fromEntries(
    Object.entries(environments ?? {}).flatMap(([name, override]) => {
      const plan = environmentPlan(
        name,
        { all: Object.keys(environments ?? {}), base, own, flags },
        override,
        source,
        problems,
      );
      return plan === undefined ? [] : [[name, plan] as const];
    }),
  );
  if (environments !== undefined && Object.keys(environments).length === 0)
    problems.push(problemAt(source, ['environments'], 'there is no environment', 'production: {}'));
  problems.push(...idleStrategies({ names: Object.keys(environments ?? {}), plans }, source));
  return service === undefined ? undefined : { service, stages, environments: plans };
}
const MISSING: Readonly<Record<string, string>> = {
  service: 'service: my-service',
  stages: 'stages: [{ name: test, script: [npm test] }]',
  environments: 'environments: { production: {} }',
};

/** What all environments have in common; `all`: their names. */
interface Base {
  readonly all: readonly string[];
  readonly base: DeployInput;
  readonly own: OwnAdapters | undefined;
  readonly flags: readonly FlagDeclaration[];
}

function environmentPlan(
  name: string,
  { all, base, own, flags }: Base,
  raw: unknown,
  source: Source,
  problems: Problem[],
): DeploymentPlan | undefined {
  const path = ['environments', name];
  if (!NAME.test(name)) problems.push(problemAt(source, path, ...misnamed(name), 'key'));
  const override = raw === null ? {} : (parseAt(deploySchema, raw, path, source, problems) ?? {});
  const input = merged(base, override);
  const ask = asking(path, source);
  const missing = REQUIRED.filter((key) => input[key] === undefined);
  problems.push(...missingProblems(missing, path, ask, source, problems));
  problems.push(...variableProblems(name, all, input, ask));
  if (missing.includes('strategy') || missing.includes('provider') || missing.includes('router'))
    return undefined;
  const plan = withFlags(deploymentOf(name, input), flags);
  problems.push(...adapterProblems(plan, own, ask), ...deploymentProblems(plan, input, ask));
  return missing.length > 0 ? undefined : plan;
}
/** A strategy that turns on the only variant there is need not name it. */
function withFlags(plan: DeploymentPlan, flags: readonly FlagDeclaration[]): DeploymentPlan {
  if (flags.length === 0) return plan;
  const { strategy } = plan;
  if (strategy.kind !== 'feature_flag' || strategy.variant !== '') return { ...plan, flags };
  const [only = '', ...more] = flags.filter(({ name }) => name === strategy.flag).flatMap(onesOf);
  return { ...plan, flags, strategy: { ...strategy, variant: more.length === 0 ? only : '' } };
}

const REQUIRED = ['provider', 'command', 'router', 'strategy'] as const;

function missingProblems(
  missing: readonly string[],
  path: readonly string[],
  ask: Ask,
  source: Source,
  found: readonly Problem[],
): Problem[] {
  const told = missing.filter((key) => ask.read([key]) && !toldToTry(found, key));
  if (told.length === 0 || toldToTry(found, 'deploy')) return [];
  if (told.length >= REQUIRED.length - 1 && !source.document.places.has(['deploy']))
    return [problemAt(source, [], 'deploy is missing', DEPLOY)];
  return told.map((key) =>
    problemAt(source, path, `${key} is missing`, `adding ${key} to deploy, or here`, 'key'),
  );
}
const DEPLOY =
  'deploy: { provider: process, command: [node, server.js], router: gateway, strategy: blue_green }';

/** A value is where this environment has it, else where `deploy` does, else missing from the environment. */
function asking(path: readonly string[], source: Source): Ask {
  const { places } = source.document;
  return {
    own: (key) => places.has([...path, key]),
    read: (keys) => wasRead(source, [...path, ...keys]) && wasRead(source, ['deploy', ...keys]),
    say: (keys, message, suggestion) => {
      const homes = [
        [...path, ...keys],
        ['deploy', ...keys],
      ];
      const home = homes.find((place) => places.has(place));
      if (home !== undefined) return problemAt(source, home, message, suggestion);
      const standard = `${keys.join('.')} is left at its default, and ${message}`;
      return problemAt(source, parentOf(homes, source), standard, suggestion);
    },
  };
}

/** Where a value that is only a default would stand: in the nearest mapping that is there. */
function parentOf(homes: readonly (readonly PropertyKey[])[], { document }: Source): readonly PropertyKey[] {
  for (let cut = 1; cut <= 3; cut++)
    for (const home of homes) {
      const parent = home.slice(0, -cut);
      if (parent.length > 1 || parent[0] === 'deploy')
        if (document.places.has(parent) && parent.join('.') !== 'environments') return parent;
    }
  return homes[0] ?? [];
}
