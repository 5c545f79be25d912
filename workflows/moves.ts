import { setHandler } from '@temporalio/workflow';
import type { Batch } from '../src/domain/batches.js';
import type { DeploymentInput } from '../src/domain/inputs.js';
import type { Ended } from '../src/domain/outcome.js';
import type { FlagStrategy } from '../src/domain/flags.js';
import type { GradualReturn, Share } from '../src/domain/plan.js';
import { createField, type Field, type Way } from './field.js';
import { flagMoves } from './flag.js';
import { advance, promote, provision, shift, smoke } from './forward.js';
import type { Gates } from './gate.js';
import { replaceBatch, tryBatch, vacate } from './instances.js';
import * as messages from './messages.js';
import { hurry, returnSlowly } from './return-slowly.js';
import { isLowered, takeSteering, whilePaused } from './steering.js';
import { bake, watchStep } from './waits.js';
import { askWhether } from './watch-phase.js';
import { goBack, restore, retire } from './way-back.js';

export const goBackSignal = messages.goBack;

/** What a strategy can do, each move with its way back registered before it is made. */
export interface Moves {
  readonly provision: () => Promise<void>;
  readonly smoke: () => Promise<void>;
  /** Sends `share` of the users to the candidate. */
  readonly shift: (share: Share) => Promise<void>;
  /**
   * Sends the share that comes next to the candidate, of these steps or by a person's word, and answers it; `undefined` when all users
   * are with it.
   */
  readonly advance: (steps: readonly Share[]) => Promise<Share | undefined>;
  /** The flag that a dark release is to be turned on by is off; else it throws. */
  readonly refuseLit: (strategy: FlagStrategy) => Promise<void>;
  /**
   * Turns the flag of a dark release on for the share of users that comes next, by its steps or by a person's word, and answers it;
   * `undefined` when all users have it on.
   */
  readonly ramp: (strategy: FlagStrategy) => Promise<Share | undefined>;
  /** What serves now stops serving, and ends. */
  readonly vacate: () => Promise<void>;
  /** A batch of the candidate's instances takes the places of instances of stable; a pause waits for its end. */
  readonly replace: (batch: Batch) => Promise<void>;
  /** The same, but one that does not come up is put back; answers why it was. */
  readonly tryReplace: (batch: Batch) => Promise<string | undefined>;
  /** Whether a person wants another share than the present one. */
  readonly isWanted: () => boolean;
  /** Whether that is a smaller one. */
  readonly isLowered: () => boolean;
  /** Waits for a person to say that it goes on; sent back, it throws. */
  readonly ask: (question: string) => Promise<void>;
  /** Watches the candidate for `ms`; throws when the rules say it is bad. */
  readonly watch: (phase: string, ms: number) => Promise<void>;
  /** Watches it at 100 %, until it is known good. */
  readonly bake: (ms: number) => Promise<void>;
  /** In words, what a deployment that went all its way has done. */
  readonly shipped: () => string;
  /** In words, what has become of one whose flag was turned off. */
  readonly darkened: (why: string) => string;
  /** Makes the candidate the live release, in the target and nowhere in the world. */
  readonly promote: () => Promise<void>;
  /** Known good from here on: nothing is undone any more, and the replaced slot is removed. Never fails. */
  readonly retire: () => Promise<void>;
  /** Does not wait for the replaced slot to be removed: a rollback needs it. */
  readonly keepReplaced: () => void;
  /** Puts a slot of the present live release back to all traffic and removes the other: after a lost deployment. */
  readonly restore: () => Promise<void>;
  /** Turns the flag of a dark release off, and leaves the release where it is; answers false when it cannot, or there is none. */
  readonly stayDark: (why: string) => Promise<boolean>;
  /** Undoes everything, traffic first; asks a person about what could not be undone, and answers what was left at their word. */
  readonly goBack: (why: string) => Promise<string | undefined>;
  /** Users were sent to the candidate, or stable had to make room for it. */
  readonly trafficMoved: () => boolean;
  /** Has users go back by shares first, when that can be. Never fails. */
  readonly returnSlowly: (how: GradualReturn) => Promise<void>;
  /** Users who go back by shares are back at once. */
  readonly hurry: () => void;
  /** What `finishDeployment` needs to know. */
  readonly record: () => {
    deployment: string;
    service: string;
    environment: string;
    version: string;
    judgedBad: boolean;
    knownGood: boolean;
    late: { at: number; what: string; share: Share }[];
  };
  /** Flags that are being turned off while nobody waits for that; its permit ends with the deployment. */
  readonly dousing: () => Promise<unknown> | undefined;
  /** What was done without waiting for its record has been recorded. */
  readonly recorded: () => boolean;
  readonly close: (ended: Ended) => void;
  readonly gates: Gates;
}

export function startMoves(input: DeploymentInput, way: Way): Moves {
  const field = createField(input, way);
  takeSteering(field);
  // Not waited for when there is nothing to wait for: what earlier versions have recorded is to replay.
  const step = <T>(body: () => Promise<T>): Promise<T> =>
    field.pausing === undefined ? body() : whilePaused(field).then(body);
  hearOfQueue(field);
  return {
    provision: () => step(() => provision(field)),
    smoke: () => step(() => smoke(field)),
    shift: (share) => step(() => shift(field, share)),
    advance: (steps) => step(() => advance(field, steps)),
    ...flagMoves(field, step),
    vacate: () => step(() => vacate(field)),
    replace: (batch) => step(() => replaceBatch(field, batch)),
    tryReplace: (batch) => step(() => tryBatch(field, batch)),
    ...wishesOf(field),
    ask: (question) => askWhether(field, question),
    watch: (phase, ms) => watchStep(field, phase, ms),
    bake: (ms) => bake(field, ms),
    shipped: () => [`${input.release.version} serves ${input.environment}`, ...field.cut].join('; '),
    promote: () => step(() => promote(field)),
    retire: () => step(() => retire(field)),
    keepReplaced: () => {
      field.removing.cancel();
    },
    restore: () => restore(field),
    goBack: (why) => goBack(field, why),
    returnSlowly: (how) => returnSlowly(field, how),
    hurry: () => {
      hurry(field);
    },
    trafficMoved: () => field.moved || field.displaced,
    gates: field.gates,
    record: () => recordOf(field),
    recorded: () => field.later.done(),
    close: (ended) => {
      field.show({ phase: 'done', ...ended }, `${ended.outcome.replaceAll('_', ' ')}: ${ended.reason}`);
    },
  };
}

const wishesOf = (field: Field): Pick<Moves, 'isWanted' | 'isLowered'> => ({
  isWanted: () => field.wanted !== undefined,
  isLowered: () => isLowered(field),
});

function hearOfQueue(field: Field): void {
  setHandler(messages.queueChanged, () => void (field.hints += 1), {
    description: 'From the target, a hint: who waits for the end of the bake has changed.',
  });
}

/** What brings back a release that was good does not have it held. */
const recordOf = ({ input, knownGood, late, ...field }: Field): ReturnType<Moves['record']> => ({
  deployment: input.id,
  service: input.service,
  environment: input.environment,
  version: input.release.version,
  ...{ judgedBad: field.judgedBad && input.kind === 'deploy', knownGood, late },
});
