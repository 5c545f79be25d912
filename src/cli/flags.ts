import { apiClient } from '../client/api.js';
import { flagsText, ruleText, type TargetFlag } from '../domain/flags.js';
import { settings } from './context.js';
import { placeOf } from './history.js';
import { columns, result } from './output.js';
import { instant } from './render/text.js';
import type { Command } from './table.js';

/** `shipway flags`: which there are, and who has which variant of them where. */
export const flags: Command = async (values) => {
  const rows = await apiClient(await settings(values)).flags(placeOf(values));
  const head = ['FLAG', 'SERVICE', 'ENVIRONMENT', 'NOW', 'SET', 'BY', 'DECLARED BY'];
  result(
    values,
    { flags: rows.map(shown) },
    rows.length === 0 ? ['no flags'] : columns([head, ...rows.map(line)]),
  );
  return 0;
};

const line = ({
  service,
  environment,
  declaration,
  version,
  set,
  ...flag
}: TargetFlag): readonly string[] => [
  ...[flagsText([declaration]), service, environment, ruleText({ declaration, ...flag })],
  ...[set === undefined ? '-' : instant(set.at), set?.by ?? '-', version],
];

/** A flag as JSON has it: `now` in words, and the rule that it is made of; `null`: off. */
export const shown = ({ service, environment, declaration, version, rule, set }: TargetFlag): object => ({
  ...{ service, environment, ...declaration, version },
  now: ruleText({ declaration, ...(rule && { rule }) }),
  rule: rule ?? null,
  ...(set === undefined ? {} : { set }),
});
