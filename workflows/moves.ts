import type { CancellationScope } from '@temporalio/workflow';
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { deploymentDetails, percent } from '../src/domain/details.js';
import type { GateState } from '../src/domain/gate.js';
import type { DeploymentInput, Ended, GoBack } from '../src/domain/inputs.js';
import { FULL, type Share } from '../src/domain/plan.js';
import { nextShare } from '../src/domain/steering.js';
import type { DeploymentView, Phase } from '../src/domain/view.js';
import { NO_EVIDENCE, type WatchEvidence } from '../src/domain/watching.js';
import { asking } from './asking.js';
import { bake, watchStep } from './waits.js';
import { changed, happened, initialView } from './deployment-view.js';
import { createGates, type Gates } from './gate.js';
import { createLater, type Later } from './later.js';
import { guarded } from './meanwhile.js';
import * as messages from './messages.js';
import { control, effectsOf, type Effects, type Times } from './profiles.js';
import { publisher } from './publish.js';
import { UndoList } from './undo.js';
import { takeSteering, whilePaused } from './steering.js';
import { goBack, restore, retire, undoPromote, undoShift } from './way-back.js';
import { unheeding } from './shielded.js';

export const goBackSignal = messages.goBack;

/** What a strategy can do, each move with its way back registered before it is made. */
export interface Moves {
  readonly provision: () => Promise<void>;
  readonly smoke: () => Promise<void>;
  /** Sends `share` of the users to the candidate. */
  readonly shift: (share: Share) => Promise<void>;
  /** The share that comes next, of these steps or by a person's word; `undefined` when all users are with the candidate. */
  readonly next: (steps: readonly Share[]) => Share | undefined;
  /** Watches the candidate for `ms`; throws when the rules say it is bad. */
  readonly watch: (phase: string, ms: number) => Promise<void>;
  /** Watches it at 100 %, until it is known good. */
  readonly bake: (ms: number) => Promise<void>;
  /** In words, what a deployment that went all its way has done. */
  readonly shipped: () => string;
  /** Makes the candidate the live release, in the target and nowhere in the world. */
  readonly promote: () => Promise<void>;
  /** Known good from here on: nothing is undone any more, and the replaced slot is removed. Never fails. */
  readonly retire: () => Promise<void>;
  /** Does not wait for the replaced slot to be removed: a rollback needs it. */
  readonly keepReplaced: () => void;
  /** Puts a slot of the present live release back to all traffic and removes the other: after a lost deployment. */
  readonly restore: () => Promise<void>;
  /** Undoes everything, traffic first; asks a person about what could not be undone, and answers what was left at their word. */
  readonly goBack: (why: string) => Promise<string | undefined>;
  readonly trafficMoved: () => boolean;
  /** What `finishDeployment` needs to know. */
  readonly record: () => {
    deployment: string;
    service: string;
    environment: string;
    version: string;
    judgedBad: boolean;
    knownGood: boolean;
    late: { at: number; what: string }[];
  };
  /** What was done without waiting for its record has been recorded. */
  readonly recorded: () => boolean;
  readonly close: (ended: Ended) => void;
  readonly gates: Gates;
}

/** State of one deployment as its moves share it. */
export interface Field {
  readonly input: DeploymentInput;
  readonly effects: Effects;
  readonly undo: UndoList;
  readonly gates: Gates;
  readonly later: Later;
  evidence: WatchEvidence;
  share: Share;
  moved: boolean;
  judgedBad: boolean;
  knownGood: boolean;
  late: { at: number; what: string }[];
  /** Who waits for the end of the bake. */
  next?: string;
  /** What is waited for now: `canary 5 %`, `bake`. */
  wait?: string;
  /** Who has ended the present wait. */
  skipped?: string;
  /** The share that a person wants next. */
  wanted?: Share;
  /** Resolves when a person has said how a paused deployment goes on. */
  pausing?: Promise<void>;
  /** A person is asked about it in doubt. */
  parked: boolean;
  readonly phase: () => Phase;
  readonly forward: CancellationScope;
  readonly sendBack: (message: GoBack) => void;
  /** Why the bake was shorter than it was to be, if it was. */
  cut: readonly string[];
  /** Of the removal of the replaced slot: an abort comes too late for it, a rollback stops it. */
  readonly removing: CancellationScope;
  readonly show: (change: Partial<DeploymentView>, what?: string) => void;
}

/** What ends the way forward of a deployment, from inside. */
export interface Way {
  readonly forward: CancellationScope;
  readonly sendBack: (message: GoBack) => void;
}

export function startMoves(input: DeploymentInput, way: Way): Moves {
  const field = createField(input, way);
  takeSteering(field);
  // Not waited for when there is nothing to wait for: what earlier versions have recorded is to replay.
  const step = <T>(body: () => Promise<T>): Promise<T> =>
    field.pausing === undefined ? body() : whilePaused(field).then(body);
  setHandler(messages.endBake, ({ next }) => void (field.next = next), {
    description: 'From the target, a hint: another waits for the end of the bake.',
  });
  return {
    provision: () => step(() => provision(field)),
    smoke: () => step(() => smoke(field)),
    shift: (share) => step(() => shift(field, share)),
    next: (steps) => {
      const share = nextShare(steps, field.share, field.wanted);
      delete field.wanted;
      return share;
    },
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
    trafficMoved: () => field.moved,
    gates: field.gates,
    record: () => ({
      deployment: input.id,
      service: input.service,
      environment: input.environment,
      version: input.release.version,
      judgedBad: field.judgedBad,
      knownGood: field.knownGood,
      late: field.late,
    }),
    recorded: () => field.later.done(),
    close: (ended) => {
      field.show({ phase: 'done', ...ended }, `${ended.outcome.replaceAll('_', ' ')}: ${ended.reason}`);
    },
  };
}

function createField(input: DeploymentInput, way: Way): Field {
  const publish = publisher(deploymentDetails);
  let view = initialView(input);
  setHandler(messages.view, () => view);
  const show: Field['show'] = (change, what) => {
    view = changed(view, change);
    if (what !== undefined) view = happened(view, Date.now(), what);
    publish(view);
  };
  const later = createLater();
  const onGate = (gate: GateState | undefined): void => {
    view = asking(view, gate);
    publish(view);
  };
  const subject = { service: input.service, environment: input.environment, version: input.release.version };
  return {
    ...way,
    input,
    phase: () => view.phase,
    parked: false,
    effects: effectsOf(input.host, timesOf(input)),
    undo: new UndoList(),
    gates: createGates({
      subject: () => subject,
      later,
      changed: onGate,
      note: (line) => void show({}, line),
    }),
    later,
    evidence: NO_EVIDENCE,
    share: 0,
    moved: false,
    judgedBad: false,
    knownGood: false,
    late: [],
    cut: [],
    removing: unheeding(),
    show,
  };
}

/** Going back may start what it goes back to, which may take longer to start than the candidate. */
const timesOf = ({ plan, replaces }: DeploymentInput): Times => ({
  startupTimeoutMs: Math.max(
    plan.configuration.startupTimeoutMs,
    replaces?.configuration.startupTimeoutMs ?? 0,
  ),
  drainTimeoutMs: plan.drainTimeoutMs,
});

/** What every effect is about: the activity looks up the permit by its own workflow id. */
export const about = ({ input }: Field) => ({
  kind: input.kind,
  service: input.service,
  environment: input.environment,
  version: input.release.version,
  candidate: input.candidate,
  ...(input.replaces === undefined ? {} : { stable: input.replaces.slot }),
});

export const named = ({ input }: Field): string => `${input.service} ${input.environment}`;
export const summary = (text: string) => ({ summary: text.slice(0, 120) });

async function provision(field: Field): Promise<void> {
  const { input, effects, undo } = field;
  field.show({ phase: 'provision' }, `starting ${input.release.version} in ${input.candidate}`);
  undo.add(`remove ${input.release.version} from ${input.candidate}`, () =>
    effects.undoing.undoProvision.executeWithOptions(summary(`remove ${named(field)} ${input.candidate}`), [
      about(field),
    ]),
  );
  const { address } = await effects.slow.provision.executeWithOptions(
    summary(`start ${named(field)} ${input.release.version} in ${input.candidate}`),
    [{ ...about(field), release: input.release, plan: input.plan }],
  );
  field.show({ address });
}

async function smoke(field: Field): Promise<void> {
  const { input, effects } = field;
  field.show({ phase: 'smoke' }, `smoke test of ${input.candidate}`);
  await effects.quick.smokeTest.executeWithOptions(summary(`smoke test ${named(field)} ${input.candidate}`), [
    { ...about(field), test: input.plan.smokeTest },
  ]);
}

async function shift(field: Field, share: Share): Promise<void> {
  const { input, effects, undo } = field;
  const step = `${percent(field.share)} → ${percent(share)}`;
  field.show({ phase: 'shift' }, `shift ${step}`);
  if (!field.moved) {
    undo.add(`make ${input.replaces?.release.version ?? 'nothing'} the live release`, () =>
      undoPromote(field),
    );
    undo.add('send all traffic back', () => undoShift(field));
  }
  field.moved = true;
  await guarded(field, () =>
    effects.quick.shiftTraffic.executeWithOptions(summary(`shift ${named(field)} ${step}`), [
      { ...about(field), share, from: field.share, userKey: input.plan.userKey },
    ]),
  );
  field.share = share;
  field.show({ shares: sharesOf(field, share) });
}

export const sharesOf = ({ input }: Field, share: Share) =>
  input.replaces === undefined
    ? { [input.candidate]: share }
    : { [input.replaces.slot]: FULL - share, [input.candidate]: share };

async function promote(field: Field): Promise<void> {
  const { input } = field;
  field.show({ phase: 'promote' }, `${input.release.version} is the live release`);
  await guarded(field, () =>
    control.promote.executeWithOptions(summary(`promote ${named(field)} ${input.release.version}`), [
      { ...about(field), release: input.release, configuration: input.plan.configuration },
    ]),
  );
}

/** A failure that says the rules found the candidate bad. */
export const judgedBad = (reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(reason, 'verdict.fail');
