import { Readable } from 'node:stream';
import { Context } from '@temporalio/activity';
import type { Finding, Scanner } from '../src/domain/ports.js';
import type { Evidence } from '../src/domain/release.js';
import type { RunScanInput, RunScanResult } from '../src/domain/stage.js';
import { forgetJob, jobDir, type JobName } from '../src/stage/job-files.js';
import { makeWorkspace } from '../src/stage/workspace.js';
import { within } from '../src/within.js';
import { attempted } from './audit.js';
import { beating } from './beating.js';
import { releaseDigest } from './release-digest.js';
import type { StageDeps } from './stage-job.js';
import { outOfTime } from './stage-timeout.js';

export interface ScanDeps extends StageDeps {
  readonly scanner: Scanner;
}

/**
 * Looks through source and artifacts for secrets. The findings, without the secrets, are evidence in the artifact store and lines of the
 * stage's output. Repeating it looks again. Fails with `stage.timeout` and `scan.unavailable`, never passes by not having looked.
 */
export const runScan =
  (deps: ScanDeps) =>
  async (input: RunScanInput): Promise<RunScanResult> =>
    beating((cancelled) =>
      within(input.stage.timeoutMs, cancelled, async (signal) => {
        try {
          return await scanned(deps, input, signal);
        } catch (error) {
          if (!signal.aborted || cancelled.aborted) throw error;
          throw outOfTime(input.stage);
        }
      }),
    );

async function scanned(deps: ScanDeps, input: RunScanInput, signal: AbortSignal): Promise<RunScanResult> {
  const { backend, stageDir, scanner } = deps;
  const { name: stage } = input.stage;
  const user = { user: input.requestedBy };
  await backend.audit([attempted(input, 'stage.intent', { stage, scanner: scanner.name }, user)]);
  const name = { run: input.run, stage, attempt: input.attempt };
  const job = `${jobDir(stageDir, name)}-${String(Context.current().info.attempt)}`;
  const { service, commit, source, artifacts } = input;
  try {
    await forgetJob(job);
    const workspace = await makeWorkspace(
      { stageDir, backend, service, commit, source, artifacts, cache: [], job },
      signal,
    );
    const of = releaseDigest(service, artifacts);
    const result = await keepFindings(deps, { ...name, of }, await scanner.scan(workspace, signal));
    const { findings, evidence } = result;
    const details = { stage, findings, evidence: evidence.digest };
    await backend.audit([attempted(input, 'stage.result', details, user)]);
    return result;
  } finally {
    await forgetJob(job);
  }
}

/** The findings as evidence, and as the output that `shipway logs` shows. */
async function keepFindings(
  { backend, scanner }: ScanDeps,
  { of, ...name }: JobName & Required<Pick<Evidence, 'of'>>,
  findings: readonly Finding[],
): Promise<RunScanResult> {
  const summary = findings.length === 0 ? 'no secrets found' : `${String(findings.length)} secrets found`;
  const verdict = findings.length === 0 ? 'pass' : 'fail';
  const put = (text: string) => backend.putArtifact(Readable.from(Buffer.from(text)));
  const { digest } = await put(JSON.stringify({ scanner: scanner.name, findings }));
  const lines = await put(report(summary, findings));
  await backend.appendLog({ ...name, seq: 0, ...lines, last: true });
  return {
    findings: findings.length,
    evidence: { kind: 'scan', stage: name.stage, digest, summary, verdict, of },
  };
}

const report = (summary: string, findings: readonly Finding[]): string =>
  [summary, ...findings.map((f) => `${f.file}:${String(f.line)} ${f.rule}: ${f.message}`), ''].join('\n');
