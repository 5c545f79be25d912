import { FULL } from '../../domain/plan.js';
import type { DeploymentView, RunView } from '../../domain/view.js';
import { readExample } from '../example/manifest.js';
import { answerOf, shipway } from './command.js';
import { startTraffic, type Served, type Traffic } from './traffic.js';

export interface Shipped {
  readonly tag: string;
  readonly run: string;
  readonly expected: string;
  readonly outcome: string;
  readonly reason: string;
  readonly timeline: readonly { readonly at: number; readonly what: string }[];
  /** What users got during this release's way; absent for the first, which nobody used yet. */
  readonly served?: Served;
}
interface Status {
  readonly run: RunView;
  readonly deployment?: DeploymentView;
}
export interface ShipOptions {
  readonly directory: string;
  readonly example: string;
  readonly interactive: boolean;
  readonly say: (line: string) => void;
}

const RATE = 100;
const LOOK_MS = 1_000;
const VERSION_HEADER = 'x-version';
const WHO_SHIPS = 'alice';
const WHO_APPROVES = 'bob';

/** Ships every release of the example in its order; from the first on users come all the time. */
export async function shipReleases({
  directory,
  example,
  interactive,
  say,
}: ShipOptions): Promise<readonly Shipped[]> {
  const { manifest } = await readExample(example);
  const shipped: Shipped[] = [];
  let traffic: Traffic | undefined;
  try {
    for (const { tag, expect = 'shipped' } of manifest.releases) {
      say(`shipping ${tag} to ${manifest.environment}`);
      const served = traffic?.phase(tag);
      const run = await started(directory, manifest.environment, tag);
      const status = await followed(directory, run, interactive, say, (address) => {
        traffic ??= startTraffic(address, manifest.traffic.paths, RATE, VERSION_HEADER);
      });
      const { outcome = 'none', reason = '' } = status.run;
      say(`${tag}: ${outcome} (${reason})`);
      const timeline = status.deployment?.timeline ?? [];
      const release = { tag, run, expected: expect, outcome, reason, timeline };
      shipped.push(served === undefined ? release : { ...release, served });
    }
  } finally {
    await traffic?.stop();
  }
  return shipped;
}

async function started(directory: string, environment: string, tag: string): Promise<string> {
  const where = ['--environment', environment, '--release', tag];
  const { run } = await answerOf<{ run: string }>(directory, [
    'run',
    ...where,
    '--detach',
    '--as',
    WHO_SHIPS,
  ]);
  return run;
}

/** Looks at a run until it has an outcome, approves it when it asks, says what changes, and tells when users can come. */
async function followed(
  directory: string,
  run: string,
  interactive: boolean,
  say: (line: string) => void,
  serves: (address: string) => void,
): Promise<Status> {
  let said = '';
  let asked = '';
  for (;;) {
    const status = await answerOf<Status>(directory, ['status', run]);
    const line = lineOf(status);
    if (line !== said) say(`  ${line}`);
    said = line;
    const { address, shares = {} } = status.deployment ?? {};
    if (address !== undefined && Object.values(shares).includes(FULL)) serves(address);
    if (status.run.outcome !== undefined) return status;
    const { waitingFor } = status.run;
    if (waitingFor?.question === 'approval' && waitingFor.decision !== asked) {
      asked = waitingFor.decision ?? '';
      if (interactive)
        say(
          `  approve it in another terminal: cd ${directory} && shipway approve ${run} --as ${WHO_APPROVES}`,
        );
      else await approve(directory, run);
    }
    await new Promise((r) => setTimeout(r, LOOK_MS));
  }
}

async function approve(directory: string, run: string): Promise<void> {
  const ended = await shipway(directory, ['approve', run, '--as', WHO_APPROVES]);
  if (ended.code !== 0) throw new Error(ended.stderr);
}

function lineOf({ run, deployment }: Status): string {
  const stage =
    run.stages.find((s) => s.state === 'running' || s.state === 'waiting')?.name ??
    run.outcome ??
    'between stages';
  if (deployment === undefined || stage !== 'deploy') return stage;
  return `${stage}: ${deployment.timeline.at(-1)?.what ?? deployment.phase}`;
}
