import { ownerOf } from '../domain/secrets.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import { IN_INSTANCES } from './plain-variables.js';
import type { Problem } from './problem.js';
import { looksSecret, SECRET } from './secrets.js';
import { pathIn } from './variables.js';

/** What no schema can say of the variables of one environment; `environments` are those of the file. */
export const variableProblems = (
  environment: string,
  environments: readonly string[],
  input: DeployInput,
  ask: Ask,
): Problem[] => [
  ...values(environment, environments, input, ask),
  ...required(environment, input, ask),
  ...texts(input, ask),
];

function values(
  environment: string,
  environments: readonly string[],
  input: DeployInput,
  { say }: Ask,
): Problem[] {
  return Object.entries(input.environment ?? {}).flatMap(([key, value]) => {
    const place = ['environment', key];
    if (IN_INSTANCES.test(key)) return [say(place, `${key} is set by shipway`, 'another name')];
    if (typeof value === 'string') return looksSecret(key, value) ? [say(place, ...SECRET)] : [];
    const owner = ownerOf(pathIn(environment, value.secret), environment, environments);
    if (owner === undefined) return [];
    const own = value.secret.replace(owner, '{environment}');
    return [
      say(
        [...place, 'secret'],
        `${value.secret} is a secret of ${owner}, and ${environment} may not have it`,
        `{ secret: "${own}" }`,
      ),
    ];
  });
}

/** Said in the environment that lacks it, because that is where it is to be added. */
function required(
  environment: string,
  { required_variables: names = [], ...input }: DeployInput,
  ask: Ask,
): Problem[] {
  if (!ask.read(['required_variables']) || !ask.read(['environment'])) return [];
  const given = input.environment ?? {};
  return names.flatMap((name, i) => {
    const at = ['required_variables', i];
    if (IN_INSTANCES.test(name)) return [ask.say(at, `${name} is set by shipway`, 'leaving it out')];
    if (names.indexOf(name) < i) return [ask.say(at, `${name} is there twice`, 'leaving it out')];
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value !== undefined && value !== '') return [];
    const [what, where] =
      value === ''
        ? [`${name} is required and empty`, ['environment', name]]
        : [`${name} is required, and ${environment} gives it no value`, []];
    return [
      ask.say(where, what, `environment: { ${name}: … }, or { secret: "{environment}/…" } for its value`),
    ];
  });
}

const texts = (input: DeployInput, { say }: Ask): Problem[] =>
  (input.command ?? []).some((text) => looksSecret('', text)) ? [say(['command'], ...SECRET)] : [];
