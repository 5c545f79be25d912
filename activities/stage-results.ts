import { Context } from '@temporalio/activity';
import { packArtifacts } from '../src/adapters/artifacts/tar.js';
import { FAILURES } from '../src/domain/failures.js';
import type { Evidence } from '../src/domain/release.js';
import type { RunStageResult } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import { exclusive } from '../src/exclusive.js';
import { keepCaches } from '../src/stage/caches.js';
import { readResult, workspaceDir } from '../src/stage/job-files.js';
import { collectReports } from './reports.js';
import { workspaceOf, type Job } from './stage-job.js';

/** What the reports of a failed stage say is told too; that they are not there is no wonder. */
export async function failed(job: Job, code: number): Promise<ShipwayError> {
  const { run: id, stage } = job.input;
  const evidence = await exclusive(job.folder, job.signal, () => collected(job)).catch((error: unknown) => {
    if (error instanceof ShipwayError && !FAILURES[error.type].retried) return [];
    throw error;
  });
  const said = evidence.map(({ summary }) => `; ${summary}`).join('');
  return new ShipwayError(
    'stage.failed',
    `stage ${stage.name}: exit code ${String(code)}${said} (output: shipway logs ${id} --stage ${stage.name})`,
    evidence.length === 0 ? {} : { details: evidence },
  );
}

/** What the reports say that the stage declares. */
const collected = ({ deps, input: { stage }, folder }: Job): Promise<readonly Evidence[]> =>
  collectReports(deps.backend, workspaceDir(folder), stage);

/** What the stage leaves to later ones. Two attempts at once, of which one was given up, take turns with what tidies up. */
export async function kept(job: Job, outputBytes: number): Promise<RunStageResult> {
  const { folder, signal } = job;
  const { name, artifacts: declared, cache, reports } = job.input.stage;
  if (declared.length + cache.length === 0 && reports === undefined) return { outputBytes };
  return exclusive(folder, signal, async () => {
    const known = readResult(folder);
    if (known !== undefined) return known;
    const evidence = await collected(job);
    refuseFailed(name, evidence);
    const artifacts = await packed(job);
    await keepCaches(workspaceOf(job), workspaceDir(folder)).catch((error: unknown) => {
      Context.current().log.warn('caches could not be kept', { why: String(error) });
    });
    return {
      outputBytes,
      ...(artifacts === undefined ? {} : { artifacts }),
      ...(reports === undefined ? {} : { evidence }),
    };
  });
}

/** A command that ends well while its report says otherwise has swallowed a failure. */
function refuseFailed(stage: string, evidence: readonly Evidence[]): void {
  const bad = evidence.filter(({ verdict }) => verdict !== 'pass');
  if (bad.length === 0) return;
  const said = bad.map(({ summary }) => summary).join('; ');
  throw new ShipwayError(
    'stage.report_failed',
    `stage ${stage} ended with exit code 0, and its report says: ${said}`,
    { details: evidence },
  );
}

async function packed({ deps, input: { stage }, folder }: Job): Promise<RunStageResult['artifacts']> {
  if (stage.artifacts.length === 0) return undefined;
  const content = packArtifacts(workspaceDir(folder), stage.artifacts, deps.maxArtifactBytes);
  return { stage: stage.name, ...(await deps.backend.putArtifact(content)) };
}
