import { typed } from './command.js';

/** What to try after a demo that has cleaned up. */
export const afterwards = (): readonly string[] => [
  '',
  'Next:',
  ...rows([
    ['demo --keep', 'leaves all of it running, to look around in Temporal’s UI'],
    ['demo --interactive', 'waits for you to approve'],
    ['init', 'writes a shipway.yaml for your own service'],
  ]),
];

/** What to try while everything still runs. */
export const meanwhile = (
  directory: string,
  environment: string,
  pids: readonly number[],
): readonly string[] => [
  '',
  `Still running in ${directory} (pid ${pids.join(', ')}). Try:`,
  `  cd ${directory}`,
  ...rows([
    ['history', 'what was deployed, and how that ended'],
    ['status', 'the newest run'],
    [`rollback --environment ${environment} --reason "trying it"`, 'back to the release before'],
    ['audit', 'who did what'],
  ]),
  `End it with: kill ${pids.join(' ')} (its folder stays until you remove it)`,
];

function rows(of: readonly (readonly [command: string, what: string])[]): readonly string[] {
  const width = Math.max(...of.map(([command]) => command.length));
  return of.map(([command, what]) => `  ${typed()} ${command.padEnd(width)}  # ${what}`);
}
