import { canonical } from '../../src/domain/canonical.js';
import { pipelineId } from '../../src/domain/ids.js';
import type { Plan } from '../../src/domain/plan.js';
import type { ReleaseRow, Store } from '../../src/domain/store.js';

/** What is kept of releases, in memory. */
export function memoryReleases(planOf: (pipeline: string) => Plan | undefined): Store['releases'] {
  const kept: ReleaseRow[] = [];
  return {
    save: (release, run, evidence) => {
      const at = kept.findIndex((r) => r.run === run && r.release.digest === release.digest);
      const known = kept[at];
      if (known === undefined)
        kept.unshift(structuredClone({ release, run, evidence, createdAt: new Date().toISOString() }));
      else if (evidence.length > known.evidence.length) kept[at] = structuredClone({ ...known, evidence });
      return Promise.resolve();
    },
    list: ({ service, commit, digest, limit }) =>
      Promise.resolve(
        kept
          .filter(
            ({ release: r }) =>
              r.service === service &&
              (commit === undefined || r.commit === commit) &&
              (digest === undefined || r.digest === digest),
          )
          .slice(0, limit),
      ),
    plans: ({ service, commit, digest }) =>
      Promise.resolve(
        kept
          .filter(({ release: r }) => r.service === service && r.commit === commit && r.digest === digest)
          .flatMap(({ run }) => planOf(pipelineId(service, run)) ?? [])
          .filter((plan, i, all) => all.findIndex((one) => canonical(one) === canonical(plan)) === i),
      ),
  };
}
