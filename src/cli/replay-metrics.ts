import { apiClient, type ApiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import { triggersText } from '../config/explain-plan.js';
import { serviceIn } from '../config/index.js';
import { askedThen, judgingAgain, type JudgedAgain } from '../domain/judged-again.js';
import type { DeploymentRow } from '../domain/store.js';
import type { WatchPlan } from '../domain/watch-plan.js';
import { UsageError } from '../errors.js';
import { configurationFile, pathFromHere } from './configuration-file.js';
import { settings } from './context.js';
import { result, string } from './output.js';
import { readNow } from './read-configuration.js';
import { deploymentNamed } from './reference.js';
import { withOptions } from './rules-by-options.js';
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
