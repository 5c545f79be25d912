import type { ControlDeps } from '../../activities/deps.js';
import type { TriggerDeps } from '../../activities/triggers.js';
import type { Plan } from '../../src/domain/plan.js';
import type { CommitStatus, Repository, Wanted } from '../../src/domain/trigger.js';
import { ShipwayError } from '../../src/errors.js';
import { digestOf, sha256 } from '../../src/hash.js';

/** What triggers find: repositories of the policy by service, what is in them, and what was shown at their commits. */
export interface FakeTriggers {
  readonly repositories: Record<string, Repository>;
  /** The commit that each branch and tag is at. */
  head: string;
  /** The object of an annotated tag; absent: tags are their commits. */
  annotated?: string;
  /** The plan of a commit; it may fail. */
  planned: (wanted: Wanted) => Plan;
  readonly shown: CommitStatus[];
  /** Statuses are refused. */
  mute: boolean;
}

export const fakeTriggers = (): FakeTriggers => ({
  repositories: {},
  head: '',
  planned: () => {
    throw new ShipwayError('repository.refused', 'there is no plan');
  },
  shown: [],
  mute: false,
});

export const triggerDeps = (fake: FakeTriggers, { store, client, policy }: ControlDeps): TriggerDeps => ({
  ...{ store, client },
  policy: async () => ({ ...(await policy()), repositories: fake.repositories }),
  sources: {
    headOf: () => Promise.resolve({ object: fake.annotated ?? fake.head, commit: fake.head }),
    prepare: async (wanted) => {
      await Promise.resolve();
      const plan: Plan = { ...fake.planned(wanted), askedBy: wanted.askedBy };
      return { plan, planHash: digestOf(plan), source: sha256('source'), ancestors: sha256('ancestors') };
    },
  },
  statuses: ({ status }) =>
    Promise.resolve(
      status && {
        set: (_project, shown) => {
          if (fake.mute) return Promise.reject(new ShipwayError('status.refused', 'no'));
          fake.shown.push(shown);
          return Promise.resolve();
        },
      },
    ),
  links: { apiUrl: 'http://127.0.0.1:9', uiUrl: 'http://ui.example', namespace: 'default' },
});
