import { apiClient, type ApiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import { COMPARISON_DEFAULTS, MOST_TOLERANCE } from '../config/comparison.js';
import { triggersOf } from '../config/deployment.js';
import { triggersText } from '../config/explain-plan.js';
import { serviceIn } from '../config/index.js';
import { parseDuration, parsePercent } from '../config/units.js';
import { durationText } from '../domain/duration.js';
import { askedThen, judgingAgain, type JudgedAgain } from '../domain/judged-again.js';
import type { DeploymentRow } from '../domain/store.js';
import type { ErrorRateTrigger, WatchPlan } from '../domain/watch-plan.js';
import { UsageError } from '../errors.js';
import { configurationFile, pathFromHere } from './configuration-file.js';
import { settings } from './context.js';
import { result, string } from './output.js';
import { readNow } from './read-configuration.js';
import { deploymentNamed } from './reference.js';
import type { Command, Values } from './table.js';

/**
 * `shipway replay-metrics DEPLOYMENT`: its recorded counters, judged by the rules that it had, by those of the configuration that `-f`
 * names, or by others that options say. Exit code 1 when they would have taken it back.
 */
export const replayMetrics: Command = async (values, [text = '']) => {
  const id = deploymentNamed(text);
  if (id === undefined)
    throw new UsageError(
      `${JSON.stringify(text)} is no deployment`,
      'SERVICE/ENVIRONMENT/N, as `shipway history` shows it',
    );
  const api = apiClient(await settings(values));
  const row = await api.deployment(id);
  const { plan, unasked } = askedThen(await rulesOf(values, row), row.plan.watch);
  const judged = await judgedOf(api, row, plan);
  const said = { deployment: id, ...judged, outcome: row.outcome, reason: row.reason };
  result(values, unasked.length === 0 ? said : { ...said, unasked }, [
    `${id}: ${String(judged.looks)} looks from ${judged.from ?? ''} to ${judged.to ?? ''}`,
    `rules: ${triggersText({ watch: plan }).join('; ')}`,
    ...unasked.map((name) => `not judged: ${name}, which was not asked for then, or by another query`),
    ...linesOf(judged),
    row.outcome === undefined
      ? 'it is still on its way'
      : `it ended ${row.outcome.replaceAll('_', ' ')}: ${row.reason ?? ''}`,
  ]);
  return judged.failed === undefined ? 0 : 1;
};

async function judgedOf(api: ApiClient, row: DeploymentRow, plan: WatchPlan): Promise<JudgedAgain> {
  const again = judgingAgain(plan, {
    candidate: row.release.digest,
    ...(row.replaces === undefined ? {} : { stable: row.replaces.digest }),
  });
  for await (const sample of api.samples(row.id)) again.add(sample);
  const judged = again.end();
  if (judged.looks > 0) return judged;
  throw new CommandError(
    `the store has no counters of ${row.id}, and nothing can be judged again: it was not watched, or before they were kept, or they were removed`,
    'another deployment, as `shipway history` shows them',
    1,
    undefined,
    'not_found',
  );
}

function linesOf({ failed, doubtful, verdicts }: JudgedAgain): readonly string[] {
  const counts = Object.entries(verdicts).map(([kind, n]) => `${String(n)} ${kind}`);
  return [
    `verdicts: ${counts.join(', ')}`,
    ...doubtful.map(({ at, phase, reason }) => `in doubt at the end of ${phase} (${at}): ${reason}`),
    failed === undefined
      ? 'nothing would have taken it back'
      : `it would have gone back at ${failed.at} in ${failed.phase}: ${failed.reason}`,
  ];
}

/** Those of its plan, or of the configuration that was named, with what options say. Fails with `UsageError`. */
const rulesOf = async (values: Values, row: DeploymentRow): Promise<WatchPlan> =>
  withOptions(values, await namedRules(values, row));

/** Of what neither the rules nor an option say, the defaults of a configuration. Refuses what it refuses, with `UsageError`. */
export function withOptions(values: Values, { triggers, ...watch }: WatchPlan): WatchPlan {
  const threshold = measure(values, 'error-rate', parsePercent, '5%');
  const windowMs = measure(values, 'window', parseDuration, '5m');
  const tolerance = measure(values, 'tolerance', parsePercent, '0.1%');
  const errorRate: ErrorRateTrigger = {
    ...(triggers.errorRate ?? triggersOf(undefined).errorRate),
    ...(threshold === undefined ? {} : { threshold }),
    ...(windowMs === undefined ? {} : { windowMs }),
  };
  if (windowMs !== undefined && windowMs < 2 * watch.intervalMs)
    throw new UsageError(
      `--window ${durationText(windowMs)} is shorter than two looks of ${durationText(watch.intervalMs)}`,
      `at least ${durationText(2 * watch.intervalMs)}`,
    );
  if (tolerance !== undefined && tolerance > MOST_TOLERANCE)
    throw new UsageError(
      `--tolerance ${String(tolerance / 100)}%: hardly any release is so much worse`,
      `at most ${String(MOST_TOLERANCE / 100)}%`,
    );
  return {
    ...watch,
    triggers: {
      ...triggers,
      ...(threshold === undefined && windowMs === undefined ? {} : { errorRate }),
      ...(tolerance === undefined
        ? {}
        : { comparison: { ...COMPARISON_DEFAULTS, ...triggers.comparison, tolerance } }),
    },
  };
}

async function namedRules(values: Values, { plan, environment }: DeploymentRow): Promise<WatchPlan> {
  if (string(values, 'file') === undefined) return plan.watch;
  const file = await configurationFile(values);
  const loaded = serviceIn(file, (await readNow(file)).document);
  if (!loaded.ok)
    throw new UsageError(
      `${pathFromHere(file)} is not valid`,
      `\`shipway validate -f ${pathFromHere(file)}\``,
    );
  const there = loaded.value.environments[environment];
  if (there !== undefined) return there.watch;
  throw new UsageError(
    `${pathFromHere(file)} has no environment ${environment}, where the deployment was`,
    'a configuration that has it',
  );
}

function measure(
  values: Values,
  option: string,
  parse: (text: string) => number | undefined,
  example: string,
): number | undefined {
  const text = string(values, option);
  const value = text === undefined ? undefined : parse(text);
  if (text === undefined || value !== undefined) return value;
  throw new UsageError(
    `--${option} does not take ${JSON.stringify(text)}`,
    `for example --${option} ${example}`,
  );
}
