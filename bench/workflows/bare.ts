import { proxyActivities, condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { BareActivities, CommittingActivities } from '../bare-activities.js';

const { spawnTrue, noOp } = proxyActivities<BareActivities>({ startToCloseTimeout: '30s' });
const queued = proxyActivities<CommittingActivities>({
  startToCloseTimeout: '30s',
  allowEagerDispatch: false,
});

/** Seven activities that each go through a queue and run `true`: what seven stages cost without shipway. */
export async function bareStages(): Promise<void> {
  for (let i = 0; i < 7; i++) await queued.spawnTrue();
}

/** The same with two commits each: the difference is what a commit costs where it is made. */
export async function bareCommittingStages(): Promise<void> {
  for (let i = 0; i < 7; i++) await queued.spawnBetweenCommits();
}

/** Without commits, by the worker that asked for them, with no queue between: what stages that everybody may run would cost. */
export async function bareEagerStages(): Promise<void> {
  for (let i = 0; i < 7; i++) await spawnTrue();
}

/** Seven activities that do nothing: what the server itself costs. */
export async function bareNoOps(): Promise<void> {
  for (let i = 0; i < 7; i++) await noOp();
}

/** Waits for one signal, under the name that shipway's runs have: what a parked run costs without shipway. */
export async function pipeline(): Promise<void> {
  let open = false;
  setHandler(defineSignal('go'), () => void (open = true));
  await condition(() => open);
}
