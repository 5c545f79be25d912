import { Readable } from 'node:stream';
import { readCoverage } from '../src/adapters/reports/coverage.js';
import { readJunit } from '../src/adapters/reports/junit.js';
import { Malformed } from '../src/adapters/reports/malformed.js';
import { readSarif } from '../src/adapters/reports/sarif.js';
import { canonical } from '../src/domain/canonical.js';
import { judgeCoverage, judgeFindings, judgeTests, type Judged } from '../src/domain/evidence.js';
import type { CommandStage } from '../src/domain/plan.js';
import type { Digest, Evidence, EvidenceKind } from '../src/domain/release.js';
import type { StageBackend } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import { readReport, reportFiles } from '../src/stage/report-files.js';

interface Place {
  readonly backend: Pick<StageBackend, 'putArtifact'>;
  readonly workspace: string;
  readonly stage: string;
}
/** One kind of report: where it is declared, how a file is read, and what all of them together come to. */
interface Declared<F> {
  readonly kind: EvidenceKind;
  readonly paths: readonly string[];
  readonly ending: string;
  readonly read: (content: Buffer) => Promise<F> | F;
  readonly judge: (all: F) => Judged;
}

/**
 * What the reports say that a stage declares, as evidence: files and figures lie in the artifact store, the files as they were written.
 * Collecting again is the same. Fails with `stage.report_missing`, `stage.report_invalid`.
 */
export async function collectReports(
  backend: Place['backend'],
  workspace: string,
  { name: stage, reports = {} }: Pick<CommandStage, 'name' | 'reports'>,
): Promise<readonly Evidence[]> {
  const { junit, coverage, sarif } = reports;
  const place = { backend, workspace, stage };
  const evidence: Evidence[] = [];
  if (junit !== undefined) {
    const declared = { kind: 'junit', paths: junit, ending: '.xml' } as const;
    evidence.push(await collect(place, { ...declared, read: readJunit, judge: judgeTests }));
  }
  if (coverage !== undefined) {
    const declared = { kind: 'coverage', paths: [coverage.path], ending: '' } as const;
    const judge = (all: Parameters<typeof judgeCoverage>[0]) => judgeCoverage(all, coverage.minimum);
    evidence.push(await collect(place, { ...declared, read: readCoverage, judge }));
  }
  if (sarif !== undefined) {
    const declared = { kind: 'sarif', paths: sarif.paths, ending: '.sarif' } as const;
    const judge = (all: Parameters<typeof judgeFindings>[0]) => judgeFindings(all, sarif.failOn);
    evidence.push(await collect(place, { ...declared, read: readSarif, judge }));
  }
  return evidence;
}

async function collect<F extends Readonly<Record<keyof F, number>>>(
  { backend, workspace, stage }: Place,
  { kind, paths, ending, read, judge }: Declared<F>,
): Promise<Evidence> {
  const files: { readonly path: string; readonly digest: Digest; readonly bytes: number }[] = [];
  let figures: F | undefined;
  for (const path of await reportFiles(workspace, paths, ending)) {
    const content = await readReport(workspace, path);
    const more = await readAs(path, content, read);
    figures = figures === undefined ? more : sum(figures, more);
    files.push({ path, ...(await backend.putArtifact(Readable.from(content))) });
  }
  if (figures === undefined)
    throw new ShipwayError('stage.report_missing', `${stage} declares no ${kind} report`);
  const judged = judge(figures);
  const { digest } = await backend.putArtifact(
    Readable.from(Buffer.from(canonical({ kind, stage, ...judged, figures, files }))),
  );
  return { kind, stage, digest, ...judged };
}

async function readAs<F>(path: string, content: Buffer, read: Declared<F>['read']): Promise<F> {
  try {
    return await read(content);
  } catch (error) {
    if (error instanceof Malformed)
      throw new ShipwayError('stage.report_invalid', `${path} ${error.message}`);
    throw error;
  }
}

const sum = <F extends Readonly<Record<keyof F, number>>>(a: F, b: F): F =>
  Object.fromEntries(Object.keys(b).map((name) => [name, a[name as keyof F] + b[name as keyof F]])) as F;
