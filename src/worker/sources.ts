import { createReadStream } from 'node:fs';
import { join, relative } from 'node:path';
import { notDoneBy } from '../../activities/built.js';
import {
  branchesOf,
  bundleOf,
  environmentsAsked,
  factsOf,
  fileAt,
  formatProblems,
  git,
  parseService,
  resolvePlan,
  type ServiceConfig,
} from '../config/index.js';
import { environmentsOf } from '../domain/environments.js';
import type { Plan } from '../domain/plan.js';
import type { ArtifactStore } from '../domain/ports.js';
import { isMarked, toReuse } from '../domain/reuse.js';
import type { Store } from '../domain/store.js';
import { nameOf, type Prepared, type Sources, type Wanted } from '../domain/trigger.js';
import { ShipwayError, UsageError } from '../errors.js';
import { digestOf } from '../hash.js';
import { headOf, withClone, type Fetching } from './fetched.js';

interface Deps {
  readonly fetching: Fetching;
  readonly store: Pick<Store, 'releases' | 'targets'>;
  readonly artifacts: Pick<ArtifactStore, 'put'>;
}

/** Plays the client where nobody sits at one: the same plan of the same commit as `shipway run` makes. */
export const sourcesOf = (deps: Deps): Sources => ({
  headOf: (repository, named, signal) => headOf(deps.fetching, repository, named, signal),
  prepare: (wanted, signal) =>
    withClone(deps.fetching, wanted.repository, signal, async (clone) => {
      await refuseForeign(clone, wanted);
      const plan = await refusing(() => planOf(deps, clone, wanted));
      return { plan, planHash: digestOf(plan), ...(await kept(deps, clone, wanted.commit)) };
    }),
});

/** A body that was signed long ago, or by who knows the secret and cannot push, ships nothing that is not on the branch, or not the tag. */
async function refuseForeign(clone: string, { repository, named, commit }: Wanted): Promise<void> {
  const is = await ('tag' in named
    ? git(clone, ['rev-parse', '--verify', '--quiet', `refs/tags/${named.tag}^{commit}`]).then(
        (its) => its === commit,
        () => false,
      )
    : git(clone, ['merge-base', '--is-ancestor', commit, `refs/heads/${named.branch}`]).then(
        () => true,
        () => false,
      ));
  if (is) return;
  throw new ShipwayError(
    'commit.unknown',
    `${nameOf(named)} of ${repository.url} ${'tag' in named ? 'is not' : 'does not hold'} ${commit.slice(0, 12)}`,
  );
}

async function planOf({ store }: Deps, clone: string, wanted: Wanted): Promise<Plan> {
  const { service, commit, named, environment } = wanted;
  const config = await configOf(clone, wanted);
  if (config.service !== service)
    throw new ShipwayError(
      'repository.refused',
      `${wanted.repository.file} is of service ${config.service}, and the policy lets this repository ship ${service}`,
    );
  const ref = 'tag' in named ? named.tag : commit;
  const facts = await factsOf(clone, ref, commit, branchesOf(config));
  const environments = environmentsAsked(environment, config);
  const askedBy = { askedBy: wanted.askedBy };
  const plan = resolvePlan(config, environments, facts);
  const rows = await store.releases.list({ service, commit });
  const targets = await store.targets.list(service);
  const built = toReuse(rows, targets, environmentsOf(plan));
  if (built === undefined) return { ...plan, ...askedBy };
  const reusing = resolvePlan(config, environments, facts, built);
  // What rules rolled back goes to the worker, which refuses it: built anew, the same commit might have another digest, and no mark.
  if (isMarked(built.release, targets, environmentsOf(plan))) return { ...reusing, ...askedBy };
  // Nobody is there to say `--rebuild`: what was built without a stage that this plan has, as of another file, is built anew.
  const stands = (await notDoneBy(store, reusing, built.release)) === undefined;
  return { ...(stands ? reusing : plan), ...askedBy };
}

const TYPESCRIPT = 'shipway.config.ts';

async function configOf(clone: string, { repository, commit }: Wanted): Promise<ServiceConfig> {
  const file = join(clone, repository.file);
  const text = await fileAt(clone, commit, file);
  if (text === undefined) throw await missing(clone, { repository, commit });
  const loaded =
    typeof text === 'string' ? parseService(file, text) : { ok: false as const, problems: [text] };
  if (loaded.ok) return loaded.value;
  const problems = loaded.problems.map((p) => ({ ...p, file: relative(clone, p.file) }));
  throw new ShipwayError('config.invalid', formatProblems(problems));
}

async function missing(
  clone: string,
  { repository, commit }: Pick<Wanted, 'repository' | 'commit'>,
): Promise<ShipwayError> {
  const none = `commit ${commit.slice(0, 12)} has no ${repository.file}`;
  const code = await fileAt(clone, commit, join(clone, TYPESCRIPT));
  return new ShipwayError(
    'repository.refused',
    code === undefined
      ? none
      : `${none} but ${TYPESCRIPT}: workers run no configuration, so triggers need YAML`,
  );
}

/** What a person at a terminal would be told is the reason. */
async function refusing<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ShipwayError('repository.refused', error.message, { cause: error });
  }
}

async function kept(
  { artifacts }: Deps,
  clone: string,
  commit: string,
): Promise<Pick<Prepared, 'source' | 'ancestors'>> {
  const { digest: source, path, ancestors, remove } = await bundleOf(clone, commit);
  try {
    for (const file of [{ digest: source, path }, ancestors])
      await artifacts.put(createReadStream(file.path), file.digest);
  } finally {
    await remove();
  }
  return { source, ancestors: ancestors.digest };
}
