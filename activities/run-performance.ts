import { Readable } from 'node:stream';
import { canonical } from '../src/domain/canonical.js';
import type { Judged } from '../src/domain/evidence.js';
import { judgePerformance, measured, type LoadSample } from '../src/domain/performance.js';
import { longestOf, type CommandStage, type PerformanceStage } from '../src/domain/plan.js';
import type { Evidence } from '../src/domain/release.js';
import type { RunPerformanceInput, RunPerformanceResult, RunStageResult } from '../src/domain/stage.js';
import { ShipwayError, UsageError } from '../src/errors.js';
import { exclusive } from '../src/exclusive.js';
import { readResult, tmpDir } from '../src/stage/job-files.js';
import { loadLine } from '../src/stage/load-line.js';
import { OUTCOME_FILE, SAMPLES_FILE, type LoadOutcome } from '../src/stage/load-order.js';
import { readReport } from '../src/stage/report-files.js';
import { releaseDigest } from './release-digest.js';
import { beatingJob, jobOf, runJob } from './run-stage.js';
import type { Job, StageDeps } from './stage-job.js';

export interface LoadDeps extends StageDeps {
  /** The path of the load generator, got if need be. Fails with `UsageError` that says what was tried. */
  readonly loadTool: () => Promise<string>;
}

/**
 * Starts what is to be released as a process by itself, under the same detached runner as users' commands, and loads it: an end that was not
 * heard of is not begun again. The figures are evidence. Fails with `performance.failed` and `performance.inconclusive`, which tell
 * the evidence, `performance.not_ready`, `performance.unavailable`, and as `runStage` does.
 */
export const runPerformanceTest =
  (deps: LoadDeps) =>
  (input: RunPerformanceInput): Promise<RunPerformanceResult> =>
    beatingJob(async (beats, signal) => {
      const { stage } = input;
      const of = jobOf(deps, { ...input, stage: asCommands(stage) });
      const line = loadLine(stage, await toolOf(deps));
      const keep = (job: Job, outputBytes: number): Promise<RunStageResult> => kept(job, stage, outputBytes);
      const { evidence = [] } = await runJob({ ...of, line, beats, signal, keep });
      return { evidence };
    });

const OUTPUT_LIMIT = 64 * 1024 ** 2;
const asCommands = (stage: PerformanceStage): CommandStage => ({
  ...{ kind: 'command', name: stage.name, needs: stage.needs, script: [], artifacts: [], cache: [] },
  ...{ environment: {}, timeoutMs: longestOf(stage), outputLimitBytes: OUTPUT_LIMIT },
  ...{ attempts: 1, onLost: 'rerun', allowFailure: stage.allowFailure },
});

async function toolOf({ loadTool }: LoadDeps): Promise<string> {
  try {
    return await loadTool();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ShipwayError('performance.unavailable', `${error.message}\n${error.next}`, { cause: error });
  }
}

/** The verdict, once; a retry that comes late finds it. */
const kept = (job: Job, stage: PerformanceStage, outputBytes: number): Promise<RunStageResult> =>
  exclusive(job.folder, job.signal, async () => {
    const known = readResult(job.folder);
    if (known !== undefined) return known;
    const folder = tmpDir(job.folder);
    const outcome = JSON.parse((await readReport(folder, OUTCOME_FILE)).toString('utf8')) as LoadOutcome;
    if (outcome.kind !== 'measured') throw new ShipwayError(UNTESTED[outcome.kind], outcome.why);
    const figures = measured(samplesIn(await readReport(folder, SAMPLES_FILE)), stage);
    const judged = withEnd(judgePerformance(figures, stage, stage.thresholds), outcome.ended);
    const { name, ...asked } = stage;
    const content = { kind: 'performance_test', stage: name, ...judged, figures, asked };
    const { digest } = await job.deps.backend.putArtifact(Readable.from(Buffer.from(canonical(content))));
    const of = releaseDigest(job.input.service, job.input.artifacts);
    const evidence: readonly Evidence[] = [{ kind: 'performance_test', stage: name, digest, ...judged, of }];
    if (judged.verdict === 'pass') return { outputBytes, evidence };
    const type = judged.verdict === 'fail' ? 'performance.failed' : 'performance.inconclusive';
    throw new ShipwayError(type, `stage ${name}: ${judged.summary}`, { details: evidence });
  });

const UNTESTED = { not_ready: 'performance.not_ready', broken: 'performance.inconclusive' } as const;

/** An instance that did not live through it has failed, whatever the figures say. */
const withEnd = (judged: Judged, ended: string | undefined): Judged =>
  ended === undefined ? judged : { verdict: 'fail', summary: `${ended}; ${judged.summary}` };

const NS_PER_MS = 1_000_000;
/** In the order of leaving, from the first on: epoch nanoseconds are more than a number holds. */
function samplesIn(content: Buffer): readonly LoadSample[] {
  const lines = content
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  const first = BigInt(lines[0]?.split(',')[0] ?? 0);
  const samples = lines.map((line) => {
    const [at = '0', code, ns] = line.split(',');
    return { at: Number(BigInt(at) - first) / NS_PER_MS, ms: Number(ns) / NS_PER_MS, code: Number(code) };
  });
  return samples.sort((a, b) => a.at - b.at);
}
