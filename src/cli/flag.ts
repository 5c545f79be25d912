import { apiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import { alternative } from '../config/alternative.js';
import { parsePercent } from '../config/units.js';
import { FAILURES } from '../domain/failures.js';
import { ruleAsked, type FlagAsk } from '../domain/flag-ask.js';
import { ruleText, unknownFlag, type FlagRule, type FlagWish, type TargetFlag } from '../domain/flags.js';
import { UsageError } from '../errors.js';
import { digestOf } from '../hash.js';
import { required, settings, state } from './context.js';
import { shown } from './flags.js';
import { refuseUnknownEnvironment } from './known-environment.js';
import { result, string } from './output.js';
import { name, serviceOfCommand } from './reference.js';
import type { Command, Values } from './table.js';

/** `shipway flag set NAME`: who has which variant of a flag from now on. What is not said any more is over. */
export const flag: Command = async (values, [action, flagName = '']) => {
  if (action !== 'set')
    throw new UsageError(
      `${JSON.stringify(action)} is nothing that can be done to a flag`,
      'shipway flag set NAME',
    );
  const ask = askOf(values);
  const environment = name('environment', required(values, 'environment', 'NAME'));
  const target = { service: await serviceOfCommand(values), environment };
  const found = await settings(values);
  await refuseUnknownEnvironment(found, target);
  const api = apiClient(found);
  const there = await api.flags(target);
  const one = there.find(({ declaration }) => declaration.name === flagName);
  if (one === undefined) throw unknown(target, flagName, there);
  const rule = ask === 'off' ? undefined : ruleOf(one, ask);
  const asked = { ...target, flag: flagName, ...(rule === undefined ? {} : { rule }) };
  const wish: FlagWish = { wish: 'set_flag', ...asked };
  const set = await api.setFlag({ ...asked, statement: state(values, 'set_flag', digestOf(wish)) });
  result(values, shown(set), [`${flagName} in ${environment}: ${ruleText(set)}`]);
  return 0;
};

function unknown(
  target: Pick<FlagWish, 'service' | 'environment'>,
  flagName: string,
  there: readonly TargetFlag[],
): CommandError {
  const { exit, next } = FAILURES['flag.unknown'];
  const names = there.map(({ declaration }) => declaration.name);
  return new CommandError(
    unknownFlag(target, flagName),
    names.length === 0 ? next : `shipway flag set ${alternative(flagName, names)}`,
    exit,
    undefined,
    'not_found',
  );
}

function ruleOf({ declaration }: TargetFlag, ask: FlagAsk): FlagRule {
  const rule = ruleAsked(declaration, ask);
  if (typeof rule !== 'string') return rule;
  throw new UsageError(rule, 'one of the variants that `shipway flags` shows, and at most 100% in all');
}

/** What is typed, before it is known which variants there are. */
function askOf(values: Values): FlagAsk | 'off' {
  const [on, off] = [values['on'] === true, values['off'] === true];
  const [percentage, variant] = [string(values, 'percentage'), string(values, 'variant')];
  const [users, groups] = [listed(values, 'user'), listed(values, 'group')];
  const ways = [on, off, percentage !== undefined].filter(Boolean).length;
  if (ways > 1) throw new UsageError('--on, --off and --percentage exclude each other', 'say one of them');
  const named = users.length + groups.length > 0;
  if (off && (named || variant !== undefined))
    throw new UsageError('--off is for everybody', 'shipway flag set NAME --off, or who is to have it');
  if (ways === 0 && !named)
    throw new UsageError(
      'who is to have the flag is not said',
      '--percentage 20%, --user USER, --group GROUP, --on or --off',
    );
  return off
    ? 'off'
    : {
        ...{ on, users, groups, shares: percentage === undefined ? [] : sharesOf(percentage) },
        ...(variant === undefined ? {} : { variant }),
      };
}

function listed(values: Values, option: 'user' | 'group'): readonly string[] {
  const text = string(values, option);
  if (text === undefined) return [];
  const names = text.split(',').map((part) => part.trim());
  if (names.every((part) => part !== '')) return [...new Set(names)];
  throw new UsageError(
    `--${option} has an empty name in it`,
    `--${option} ${option === 'user' ? 'ann,bob' : 'beta,staff'}`,
  );
}

/** `20%`, or `urgent=20%,calm=5%`. */
const sharesOf = (text: string): FlagAsk['shares'] =>
  text.split(',').map((part) => {
    const [, variant, percent = ''] = /^(?:([^=]*)=)?(.*)$/.exec(part.trim()) ?? [];
    const share = parsePercent(percent.trim());
    if (share === undefined || share === 0 || variant === '')
      throw new UsageError(
        `${JSON.stringify(part.trim())} is no share of the users`,
        'a percentage above 0% and up to 100%, such as --percentage 20%, or --percentage urgent=20%,calm=5%; nobody: --off',
      );
    return { share, ...(variant === undefined ? {} : { variant: variant.trim() }) };
  });
