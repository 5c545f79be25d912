import type { PerformanceStage } from '../domain/plan.js';
import { makes } from './graph-rules.js';
import { problemAt, wasRead, type Source } from './issues.js';
import { IN_INSTANCES, plainProblems, type Say } from './plain-variables.js';
import type { Problem } from './problem.js';
import { looksSecret, SECRET } from './secrets.js';
import type { ReadStage } from './stages.js';

/** What is told of each is kept until all have been sent. */
const MOST_REQUESTS = 1_000_000;
/** The least of which one can say what 95 of 100 do, and how it stands with the rest. */
const LEAST_REQUESTS = 100;

/** What no schema can say of a performance test. */
export function performanceProblems(stages: readonly ReadStage[], source: Source): Problem[] {
  return stages.flatMap(({ i, config }, n) => {
    if (config.kind !== 'performance_test') return [];
    const say: Say = (keys, message, suggestion) =>
      problemAt(source, ['stages', i, 'performance_test', ...keys], message, suggestion);
    const read = (key: string): boolean => wasRead(source, ['stages', i, 'performance_test', key]);
    return [
      ...nothingToStart(config, say, read('command') && wasRead(source, ['deploy', 'command'])),
      ...(read('duration') && read('warm_up') ? amount(config, say) : []),
      ...secrets(config, say),
      ...later(stages.slice(n + 1), config, say),
    ];
  });
}
type Test = Pick<
  PerformanceStage,
  'command' | 'environment' | 'requests' | 'rate' | 'durationMs' | 'warmUpMs' | 'name'
>;

const nothingToStart = ({ command }: Test, say: Say, read: boolean): Problem[] =>
  command.length > 0 || !read
    ? []
    : [
        say(
          [],
          'it starts nothing: there is no command here, nor in deploy',
          'command: [node, dist/server.js]',
        ),
      ];

function amount({ rate, durationMs, warmUpMs }: Test, say: Say): Problem[] {
  const [counted, all] = [(rate * durationMs) / 1_000, (rate * (durationMs + warmUpMs)) / 1_000];
  if (all > MOST_REQUESTS)
    return [say(['rate'], `these are ${String(all)} requests`, `at most ${String(MOST_REQUESTS)} in all`)];
  return counted >= LEAST_REQUESTS
    ? []
    : [
        say(
          ['rate'],
          `these are ${String(Math.floor(counted))} requests, which say little of 95 of 100`,
          `at least ${String(LEAST_REQUESTS)}, by a higher rate or a longer duration`,
        ),
      ];
}

function secrets({ environment, requests, command }: Test, say: Say): Problem[] {
  const variables = plainProblems(environment, IN_INSTANCES, say);
  const sent = requests.flatMap(({ headers, body = '', path }, n) => [
    ...Object.entries(headers).flatMap(([key, value]) =>
      looksSecret(key, value) ? [say(['requests', n, 'headers', key], ...SECRET)] : [],
    ),
    ...(looksSecret('', body) ? [say(['requests', n, 'body'], ...SECRET)] : []),
    ...(looksSecret('', path) ? [say(['requests', n, 'path'], ...SECRET)] : []),
  ]);
  const started = command.some((text) => looksSecret('', text)) ? [say(['command'], ...SECRET)] : [];
  return [...variables, ...sent, ...started];
}

/** What is tested is to be what is deployed. */
const later = (after: readonly ReadStage[], { name }: Test, say: Say): Problem[] =>
  after
    .filter(makes)
    .map(({ config }) =>
      say([], `${config.name} comes later and changes what is deployed`, `putting ${name} after it`),
    );
