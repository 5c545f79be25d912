import { CancellationScope, condition, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { runDetails } from '../src/domain/details.js';
import type { GateState } from '../src/domain/gate.js';
import { initialRunView } from '../src/domain/initial-run-view.js';
import { liveIn } from '../src/domain/environments.js';
import { standing } from '../src/domain/evidence.js';
import { orderOf } from '../src/domain/graph.js';
import type { Subject } from '../src/domain/ids.js';
import type { PipelineInput } from '../src/domain/inputs.js';
import type { Evidence } from '../src/domain/release.js';
import { EVIDENCE_LIMIT, type RunView, type StageView } from '../src/domain/view.js';
import { abortHandler } from './abort.js';
import { asking } from './asking.js';
import { createGates } from './gate.js';
import { createLater } from './later.js';
import { nothingMade } from './made.js';
import * as messages from './messages.js';
import { publisher } from './publish.js';
import { ENVIRONMENT } from './search.js';
import type { Run } from './stages.js';

/** State and handlers of one run. */
export function createRun(input: PipelineInput): Run {
  const root = CancellationScope.current();
  const publish = publisher(runDetails);
  let view = initialRunView(input);
  let hinted = false;
  const update = (change: Partial<RunView>): void => {
    view = { ...view, ...change };
    publish(view);
  };
  const changed = (gate: GateState | undefined): void => {
    view = asking(view, gate);
    publish(view);
  };
  setHandler(messages.outcome, () => void (hinted = true), { description: 'Hint from a target: ask again.' });
  setHandler(messages.view, () => view);
  return {
    input,
    order: orderOf(input.plan),
    made: nothingMade(),
    update,
    view: () => view,
    ...people(() => view, update, changed),
    cancelled: () => root.consideredCancelled,
    hint: async (withinMs) => {
      const heard = await condition(() => hinted, withinMs, { summary: 'until the target is asked again' });
      hinted = false;
      return heard;
    },
    stage: (name, change) => void update({ stages: staged(view, name, change) }),
    enter: (environment) => {
      if (environment === view.environment) return;
      view = { ...view, environment };
      upsertSearchAttributes([{ key: ENVIRONMENT, value: environment }]);
    },
    know: (evidence) => void (view = { ...view, ...known(evidence) }),
    identify: (identity) => void (view = { ...view, identity }),
    note: (name, change) => void (view = { ...view, stages: staged(view, name, change) }),
  };
}

const known = (evidence: readonly Evidence[]): Pick<RunView, 'evidence'> =>
  evidence.length === 0 ? {} : { evidence: standing(evidence).slice(-EVIDENCE_LIMIT) };

/** What people say to a run. */
function people(
  view: () => RunView,
  update: Run['update'],
  changed: (gate: GateState | undefined) => void,
): Pick<Run, 'gates' | 'abortedBy' | 'recorded'> {
  const subject = (): Subject => {
    const { service, environment, version } = view();
    return { service, environment, version };
  };
  const later = createLater();
  const note = (line: string): void => {
    update({ stages: noted(view(), line) });
  };
  const { by } = abortHandler({
    subject,
    later,
    tooLate: () => {
      const { outcome } = view();
      return outcome === undefined ? undefined : `the run has ended: ${outcome}`;
    },
    doing: () => whatAbortDoes(view()),
  });
  return {
    gates: createGates({ subject, later, changed, note, unhurried: true }),
    abortedBy: by,
    recorded: later.done,
  };
}

/** It has shipped wherever it leads: what fails from here on takes nothing back. */
export const isLive = (view: RunView): boolean =>
  liveIn(view).length > 0 && view.stages.every((s) => s.kind !== 'deploy' || s.state === 'passed');

function whatAbortDoes(view: RunView): string {
  const live = liveIn(view);
  const stays = `${view.version} is live in ${live.join(' and ')} and stays so`;
  if (isLive(view)) return `${stays}: what comes after it is stopped; shipway rollback takes it back`;
  const undone = 'aborting: what was done is being undone';
  return live.length === 0 ? undone : `${undone}; ${stays}`;
}

const staged = (view: RunView, name: string, change: Partial<StageView>): readonly StageView[] =>
  view.stages.map((s) => (s.name === name ? { ...s, ...change } : s));

/** What became of a signal, said where people look for it. */
const noted = (view: RunView, line: string): readonly StageView[] =>
  view.stages.map((s) => (s.state === 'waiting' ? { ...s, note: line } : s));
