import { releaseDigest } from '../../activities/release-digest.js';
import { Context } from '@temporalio/activity';
import type { Activities } from '../../activities/index.js';
import { stagesKnown } from '../../activities/run-own.js';
import type { Evidence } from '../../src/domain/release.js';
import { sha256 } from '../../src/hash.js';
import type { Lab } from './lab.js';

/** What `body` gives, or a rejection when the activity is cancelled; beats meanwhile, else it would not be told. */
async function orCancelled<T>(body: Promise<T>): Promise<T> {
  const beat = setInterval(() => {
    Context.current().heartbeat();
  }, 100);
  try {
    return await Promise.race([body, Context.current().cancelled]);
  } finally {
    clearInterval(beat);
  }
}
export const cancelled = (): Promise<never> => orCancelled(new Promise<never>(() => undefined));

export const fakeWatch =
  (lab: Lab): Activities['watch'] =>
  async (input) => {
    lab.watched.push(input);
    const said = (await orCancelled(Promise.resolve(lab.watching(input)))) ?? {};
    if (said === 'until interrupted') {
      await cancelled().catch(() => undefined);
      return {
        verdict: { kind: 'inconclusive', reason: 'interrupted' },
        interrupted: true,
        evidence: input.evidence,
      };
    }
    return {
      verdict: { kind: 'pass', reason: 'as scripted' },
      interrupted: false,
      evidence: input.evidence,
      ...said,
    };
  };

const foundBy = (stage: string, kind: Evidence['kind']): Evidence => ({
  ...{ kind, stage, digest: sha256(`${kind} of ${stage}`), summary: 'as scripted', verdict: 'pass' },
});

export const fakeStages = (
  lab: Lab,
): Pick<Activities, 'runStage' | 'runScan' | 'runPerformanceTest' | 'runOwn' | 'stagesKnown'> => ({
  stagesKnown: stagesKnown({ kinds: { licences: () => Promise.reject(new Error('unused')) } }),
  async runOwn({ stage, attempt, version }) {
    await lab.staging(stage.name, attempt);
    const { name, artifacts } = stage;
    return {
      reason: 'as scripted',
      evidence: stage.evidence ? [foundBy(name, 'own')] : [],
      ...(artifacts.length === 0
        ? {}
        : { artifacts: { stage: name, digest: lab.artifacts.keep(version), bytes: 1 } }),
    };
  },
  async runStage(input) {
    await lab.staging(input.stage.name, input.attempt);
    const artifacts =
      input.stage.artifacts.length === 0
        ? {}
        : { artifacts: { stage: input.stage.name, digest: lab.artifacts.keep(input.version), bytes: 1 } };
    const reports =
      input.stage.reports === undefined ? {} : { evidence: [foundBy(input.stage.name, 'junit')] };
    return { outputBytes: 0, ...artifacts, ...reports };
  },
  async runPerformanceTest({ stage, service, artifacts }) {
    await lab.staging(stage.name, 1);
    const of = releaseDigest(service, artifacts);
    return { evidence: [{ ...foundBy(stage.name, 'performance_test'), of }] };
  },
  async runScan(input) {
    await lab.staging(input.stage.name, 1);
    return {
      findings: 0,
      evidence: {
        ...{ kind: 'scan', stage: input.stage.name, digest: sha256('scan'), summary: 'nothing found' },
        of: releaseDigest(input.service, input.artifacts),
      },
    };
  },
});
