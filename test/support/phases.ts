import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Lab } from './lab.js';
import { deploymentPlan } from './plans.js';
import type { Story } from './story.js';

interface Reached {
  readonly input: PipelineInput;
  readonly goOn?: () => void;
}
/** Where the deployment of v2 over v1 can be when somebody wants it back. */
export interface Phase {
  readonly name: string;
  /** Ships v2 and leaves it there. `goOn` ends what would not end by itself; to be called once the target has been told. */
  readonly reach: (shop: Story) => Promise<Reached>;
  /** What has changed in the world by then. */
  readonly done: readonly string[];
}

export const phases = (lab: Lab): readonly Phase[] => [
  { name: 'admission', reach: (shop) => admission(lab, shop), done: [] },
  { name: 'provision', reach: resting((shop) => provision(lab, shop)), done: [] },
  { name: 'smoke', reach: resting(smoke), done: ['ensure green v2'] },
  watching(lab, 'canary 5 %', 500),
  watching(lab, 'canary 25 %', 500, 2500),
  watching(lab, 'bake', 500, 2500, 10_000),
  {
    name: 'parked',
    reach: resting((shop) => parked(lab, shop)),
    done: ['ensure green v2', 'split green 500'],
  },
];

/** What holds a deployment under way, and its run waiting: the time-skipping server loses a workflow task that cancels what ends just then. */
const resting =
  (hold: (shop: Story) => Promise<PipelineInput>): Phase['reach'] =>
  async (shop) => {
    const input = await hold(shop);
    await shop.rests(input);
    return { input };
  };

/** Everything does what it is asked from here on, and what was asked before is forgotten. */
export function calm(lab: Lab): void {
  lab.watching = () => undefined;
  lab.staging = () => Promise.resolve();
  lab.world.stall('ensure', false);
  lab.world.fail('remove', undefined);
  lab.watched.length = 0;
  lab.world.log.length = 0;
}

/** What has happened in the world once it is back from there: traffic first, then the slot. */
export const thereAndBack = ({ done }: Phase): readonly string[] => [
  ...done,
  ...(done.some((what) => what.startsWith('split')) ? ['split green 0'] : []),
  'remove green',
];

async function admission(lab: Lab, shop: Story): Promise<Reached> {
  // For the same reason the target has answered, and what comes next does not end by itself.
  lab.world.stall('ensure', true);
  const admitting = lab.store.block('deployments.admit');
  const input = await shop.begin('v2');
  await admitting.reached;
  const answered = async () => {
    const { deployment, stages } = await lab.view(input);
    return deployment ?? (stages.at(-1)?.note || undefined);
  };
  await lab.until(answered, 'the answer of the target');
  return { input, goOn: admitting.release };
}

async function provision(lab: Lab, shop: Story): Promise<PipelineInput> {
  const begun = lab.world.stall('ensure', true);
  const input = await shop.begin('v2');
  await lab.until(() => Promise.resolve(begun() > 0 || undefined), 'starting instances');
  return input;
}

async function smoke(shop: Story): Promise<PipelineInput> {
  const deployment = deploymentPlan({ smokeTest: { path: '/hang', expectStatus: 200, timeoutMs: 60_000 } });
  const input = await shop.begin('v2', { deployment });
  await shop.reaches(2, 'smoke');
  return input;
}

function watching(lab: Lab, name: string, ...shares: readonly number[]): Phase {
  const reach = resting(async (shop) => {
    lab.watching = (w) => (w.phase === name ? 'until interrupted' : undefined);
    const input = await shop.begin('v2');
    await shop.watching(name);
    return input;
  });
  return { name, reach, done: ['ensure green v2', ...shares.map((share) => `split green ${String(share)}`)] };
}

async function parked(lab: Lab, shop: Story): Promise<PipelineInput> {
  lab.watching = (w) =>
    w.phase === 'parked' ? 'until interrupted' : { verdict: { kind: 'inconclusive', reason: 'too little' } };
  const input = await shop.begin('v2');
  await shop.watching('parked');
  return input;
}
