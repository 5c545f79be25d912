import { ApplicationFailure, setHandler, type CancellationScope } from '@temporalio/workflow';
import { adaptersIn } from '../src/domain/adapters.js';
import { deploymentDetails } from '../src/domain/details.js';
import type { GateState } from '../src/domain/gate.js';
import type { DeploymentInput, GoBack } from '../src/domain/inputs.js';
import { FULL, type Share } from '../src/domain/plan.js';
import type { DeploymentView, Phase } from '../src/domain/view.js';
import { NO_EVIDENCE, type WatchEvidence } from '../src/domain/watching.js';
import { asking } from './asking.js';
import { changed, happened, initialView } from './deployment-view.js';
import { createGates, type Gates } from './gate.js';
import { createLater, type Later } from './later.js';
import * as messages from './messages.js';
import { effectsOf, type Effects, type Times } from './profiles.js';
import { publisher } from './publish.js';
import { unheeding } from './shielded.js';
import { UndoList } from './undo.js';

/** State of one deployment as its moves share it. */
export interface Field {
  readonly input: DeploymentInput;
  readonly effects: Effects;
  readonly undo: UndoList;
  readonly gates: Gates;
  readonly later: Later;
  evidence: WatchEvidence;
  share: Share;
  /** The share that it has or is being given. */
  heading: Share;
  /** Of the users who have the flag of a dark release on, or are being given it. */
  lit: Share;
  moved: boolean;
  /** The flag of a dark release has been turned on: how many undos there were before. */
  dark?: number;
  /** What users go back to reads that flag, too: it is to be off before. */
  flagAhead: boolean;
  /** All that it has done is undone: there is nothing to do instead of any of it. */
  allBack: boolean;
  /** What deployments that are taken back have turned on is being turned off; never fails. */
  dousing?: Promise<unknown>;
  /** Instances of stable were taken away. */
  displaced: boolean;
  judgedBad: boolean;
  knownGood: boolean;
  /** What was undone, when, and the share that the candidate had after it. */
  late: { at: number; what: string; share: Share }[];
  /** How often it was said that who waits has changed. */
  hints: number;
  /** Who waits for the end of the bake. */
  next: string | undefined;
  /** What is waited for now: `canary 5 %`, `bake`. */
  wait?: string;
  /** Who has ended the present wait. */
  skipped?: string;
  /** The share that a person wants next. */
  wanted?: Share;
  /** Users who go back by shares are to be back at once. */
  hurried: boolean;
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

export function createField(input: DeploymentInput, way: Way): Field {
  const { show, phase, onGate } = shown(input);
  const later = createLater();
  const subject = { service: input.service, environment: input.environment, version: input.release.version };
  return {
    ...way,
    input,
    phase,
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
    heading: 0,
    lit: 0,
    moved: false,
    flagAhead: false,
    allBack: false,
    displaced: false,
    hurried: false,
    judgedBad: false,
    knownGood: false,
    late: [],
    hints: 0,
    next: undefined,
    cut: [],
    removing: unheeding(),
    show,
  };
}

/** What people see of it. */
function shown(input: DeploymentInput) {
  const publish = publisher(deploymentDetails);
  let view = initialView(input);
  setHandler(messages.view, () => view);
  const show: Field['show'] = (change, what) => {
    view = changed(view, change);
    if (what !== undefined) view = happened(view, Date.now(), what);
    publish(view);
  };
  const onGate = (gate: GateState | undefined): void => {
    view = asking(view, gate);
    publish(view);
  };
  return { show, onGate, phase: (): Phase => view.phase };
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
  ...adaptersIn(input.plan),
  ...(input.replaces === undefined ? {} : { stable: input.replaces.slot }),
});

/** Where each of two routers is to listen stands in the plan, which the permit is for; anything else keeps where it listens. */
export const listening = ({ input: { plan } }: Field) => (plan.secondListen === undefined ? {} : { plan });

export const named = ({ input }: Field): string => `${input.service} ${input.environment}`;
export const summary = (text: string) => ({ summary: text.slice(0, 120) });

export const sharesOf = ({ input }: Field, share: Share) =>
  input.replaces === undefined
    ? { [input.candidate]: share }
    : { [input.replaces.slot]: FULL - share, [input.candidate]: share };

/** A failure that says the rules found the candidate bad. */
export const judgedBad = (reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(reason, 'verdict.fail');
