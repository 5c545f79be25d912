import { realpath } from 'node:fs/promises';
import {
  ConfigurationError,
  branchesOf,
  bundleOf,
  changes,
  commitOf,
  dirtyCommit,
  environmentsAsked,
  factsOf,
  repositoryOf,
  resolvePlan,
  serviceIn,
  type Environments,
  type GitFacts,
  type ServiceConfig,
  type SourceBundle,
} from '../config/index.js';
import type { Plan } from '../domain/plan.js';
import type { Digest } from '../domain/release.js';
import type { Reuse } from '../domain/reuse.js';
import { MOST_REASON } from '../domain/statement.js';
import { UsageError } from '../errors.js';
import { digestOf } from '../hash.js';
import { builtBefore, reuseLine } from './built-before.js';
import { configurationFile, pathFromHere } from './configuration-file.js';
import { progress, string } from './output.js';
import { readAt, readNow, type ReadConfiguration } from './read-configuration.js';
import type { Values } from './table.js';

export interface Planned {
  readonly plan: Plan;
  readonly hash: Digest;
  readonly bundle: () => Promise<SourceBundle>;
  /** Takes away what planning made on this machine; to be called however the command ends. */
  readonly dispose: () => Promise<void>;
}

/**
 * The plan that `--environment`, `--release` and `--dirty` ask for. The configuration is read from the very commit that is shipped. `lookUp`
 * says what was built of it before. Fails with `UsageError`, with every problem of the file.
 */
export async function planned(values: Values, lookUp = builtBefore): Promise<Planned> {
  const file = await realpath(await configurationFile(values));
  const root = await repositoryOf(file);
  const ref = string(values, 'release') ?? 'HEAD';
  const dirty = values['dirty'] === true;
  if (dirty && ref !== 'HEAD')
    throw new UsageError('--dirty ships the working tree, and --release names a commit', 'one of the two');
  const commit = await commitOf(root, ref);
  const config = dirty
    ? valid('the working tree', await readNow(file))
    : valid(`commit ${commit.slice(0, 12)}`, await readAt(root, commit, file));
  const environments = environmentsAsked(string(values, 'environment'), config);
  const facts = await factsOf(root, ref, commit, branchesOf(config));
  const why = overrideOf(values);
  if (dirty) return fromTree(config, environments, facts, why);
  if (ref === 'HEAD' && (await changes(root)) !== '')
    progress(
      'the working tree has changes that are not in the commit and are not shipped (--dirty ships them)',
    );
  const plan = await reusing(
    lookUp,
    values,
    { ...resolvePlan(config, environments, facts), ...why },
    (built) => ({
      ...resolvePlan(config, environments, facts, built),
      ...why,
    }),
  );
  return { plan, hash: digestOf(plan), bundle: () => bundleOf(root, commit), dispose: nothingMade };
}

/** Why a release that is held is to be shipped all the same, if somebody says. Fails with `UsageError`. */
function overrideOf(values: Values): Pick<Plan, 'despiteHold'> {
  const why = string(values, 'despite-hold')?.trim();
  if (why === undefined) return {};
  if (why === '' || why.length > MOST_REASON)
    throw new UsageError(
      '--despite-hold says no reason',
      `--despite-hold "why", of at most ${String(MOST_REASON)} characters`,
    );
  return { despiteHold: why };
}

/** The plan, or the one that ships what was built of its commit before. */
async function reusing(
  lookUp: typeof builtBefore,
  values: Values,
  plan: Plan,
  anew: (built: Reuse) => Plan,
): Promise<Plan> {
  const built = await lookUp(values, plan);
  if (built === undefined) return plan;
  progress(reuseLine(built), values);
  return anew(built);
}

const nothingMade = (): Promise<void> => Promise.resolve();

async function fromTree(
  config: ServiceConfig,
  environments: Environments,
  committed: GitFacts,
  why: Pick<Plan, 'despiteHold'>,
): Promise<Planned> {
  const { facts, bundle, remove } = await dirtyCommit(committed);
  try {
    const plan = { ...resolvePlan(config, environments, facts), ...why };
    return { plan, hash: digestOf(plan), bundle, dispose: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function valid(where: string, { file, document }: ReadConfiguration): ServiceConfig {
  const loaded = serviceIn(file, document);
  if (loaded.ok) return loaded.value;
  const problems = loaded.problems.map((p) => ({ ...p, file: pathFromHere(p.file) }));
  throw new ConfigurationError(
    `the configuration of ${where}`,
    problems,
    where.startsWith('commit')
      ? 'correct them and commit; `shipway validate` checks the file as it is now'
      : 'correct them; `shipway validate` checks the file as it is now',
  );
}
