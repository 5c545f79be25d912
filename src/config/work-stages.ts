import type { Json } from '../domain/canonical.js';
import type { CommandStage, OwnStage, PerformanceStage, Reports, ScanStage } from '../domain/plan.js';
import type { OwnStageInput } from './own-stage-schema.js';
import type { CommandInput, PerformanceInput, ScanInput } from './stage-schema.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const OUTPUT_LIMIT = 64 * 1024 ** 2;

type Planned<Stage> = Omit<Stage, 'skipped' | 'reused'>;

/** Stages that do work, with their defaults. */

export const command = (input: CommandInput): Planned<CommandStage> => ({
  kind: 'command',
  name: input.name,
  needs: [],
  script: input.script,
  artifacts: input.artifacts ?? [],
  ...(input.reports === undefined ? {} : { reports: reportsOf(input.reports) }),
  environment: input.environment ?? {},
  cache: (input.cache ?? []).map((c) => ({ paths: c.paths, keyFiles: c.key_files })),
  timeoutMs: input.timeout ?? 30 * MINUTE,
  outputLimitBytes: input.output_limit ?? OUTPUT_LIMIT,
  attempts: input.retry?.attempts ?? 1,
  onLost: input.on_lost ?? 'rerun',
  allowFailure: input.allow_failure ?? false,
});

/** Without what is not declared: a stage that declares none is the one that it always was. */
function reportsOf({ junit, coverage, sarif }: NonNullable<CommandInput['reports']>): Reports {
  return {
    ...(junit === undefined ? {} : { junit }),
    ...(coverage === undefined
      ? {}
      : {
          coverage: {
            path: coverage.path,
            ...(coverage.minimum === undefined ? {} : { minimum: coverage.minimum }),
          },
        }),
    ...(sarif === undefined ? {} : { sarif: { paths: sarif.paths, failOn: sarif.fail_on ?? 'error' } }),
  };
}

export const scan = (input: ScanInput): Planned<ScanStage> => ({
  kind: 'scan',
  name: input.name,
  needs: [],
  checks: ['secret_detection'],
  timeoutMs: input.timeout ?? 10 * MINUTE,
  allowFailure: input.allow_failure ?? false,
});

export const ownStage = (input: OwnStageInput): Planned<OwnStage> => ({
  kind: 'own',
  name: input.name,
  needs: [],
  uses: input.uses,
  // Whatever is read from a file is plain data.
  with: (input.with ?? {}) as Readonly<Record<string, Json>>,
  artifacts: input.artifacts ?? [],
  evidence: input.evidence ?? false,
  timeoutMs: input.timeout ?? 30 * MINUTE,
  attempts: input.retry?.attempts ?? 1,
  allowFailure: input.allow_failure ?? false,
});

/** What `deploy` says of an instance, of which a performance test starts one. */
export interface Deployed {
  readonly command?: readonly string[];
  readonly readyPath?: string;
}

export const performance = (
  { name, performance_test: test, allow_failure: allowFailure = false }: PerformanceInput,
  deployed: Deployed,
): Planned<PerformanceStage> => ({
  kind: 'performance_test',
  name,
  needs: [],
  command: test.command ?? deployed.command ?? [],
  environment: test.environment ?? {},
  readyPath: test.ready_path ?? deployed.readyPath ?? '/ready',
  startupTimeoutMs: test.startup_timeout ?? MINUTE,
  requests: test.requests.map(({ method, path, headers, body, weight }) => ({
    ...{ method: method ?? 'GET', path, headers: headers ?? {}, weight: weight ?? 1 },
    ...(body === undefined ? {} : { body }),
  })),
  rate: test.rate,
  warmUpMs: test.warm_up ?? 5 * SECOND,
  durationMs: test.duration ?? 30 * SECOND,
  requestTimeoutMs: test.request_timeout ?? 10 * SECOND,
  maxInFlight: test.max_in_flight ?? 1_000,
  thresholds: thresholdsOf(test.thresholds),
  allowFailure,
});

const ONE_PERCENT = 100;
const thresholdsOf = ({
  error_rate: errorRate = ONE_PERCENT,
  p50,
  p95 = 2 * SECOND,
  p99,
}: NonNullable<PerformanceInput['performance_test']['thresholds']> = {}): PerformanceStage['thresholds'] => ({
  ...{ errorRate, p95Ms: p95 },
  ...(p50 === undefined ? {} : { p50Ms: p50 }),
  ...(p99 === undefined ? {} : { p99Ms: p99 }),
});
