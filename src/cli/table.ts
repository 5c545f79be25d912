import { DAYS, DECISION, ENVIRONMENT, REASON, ROLES, SHIPPED } from './common-options.js';
import { flag, must, text, type OptionSpec } from './options.js';
import { SECRETS_COMMANDS } from './table-secrets.js';
import { AGAIN_COMMANDS } from './table-again.js';
import { STEERING_COMMANDS } from './table-steering.js';
import { TRIGGER_COMMANDS } from './table-triggers.js';

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** What follows the name: `RUN`, or `[DIRECTORY]`. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** It ends in order what it has started, so nobody reading any more is no end of it. */
  readonly keeps?: true;
  /** No configuration means anything to it. */
  readonly alone?: true;
  readonly load: () => Promise<Command>;
}
export type Values = Readonly<Record<string, string | boolean | undefined>>;
/** Runs with its options and positionals and gives the exit code. */
export type Command = (values: Values, positionals: readonly string[]) => Promise<number>;

/** Every command: the help, the dispatch and docs/cli.md are made of this one table. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'init',
    summary: 'write a commented shipway.yaml and shipway.policy.yaml, or make an example',
    positionals: ['[DIRECTORY]'],
    options: { example: text('NAME', 'make a repository of this example: storefront') },
    examples: ['shipway init', 'shipway init --example storefront shop'],
    alone: true,
    load: async () => (await import('./init.js')).init,
  },
  {
    name: 'validate',
    summary: 'check shipway.yaml, or a policy that -f names, and list every problem with its line',
    positionals: [],
    options: {},
    examples: [
      'shipway validate',
      'shipway validate -f deploy/shipway.yaml --json',
      'shipway validate -f organisation.policy.yaml',
    ],
    load: async () => (await import('./validate.js')).validate,
  },
  {
    name: 'plan',
    summary: 'show what a run would do, and what the worker will check',
    positionals: [],
    options: SHIPPED,
    examples: [
      'shipway plan --environment production',
      'shipway plan --environment staging --release v2 --json',
    ],
    load: async () => (await import('./plan.js')).plan,
  },
  {
    name: 'run',
    summary: 'take a release through its stages; Ctrl-C leaves it running',
    positionals: [],
    options: {
      ...SHIPPED,
      detach: flag('print the run and return'),
    },
    examples: [
      'shipway run --environment production --release v2',
      'shipway run --environment production --detach --json',
      'shipway run --environment staging --release v2 --rebuild',
    ],
    load: async () => (await import('./run.js')).run,
  },
  ...AGAIN_COMMANDS,
  ...TRIGGER_COMMANDS,
  {
    name: 'status',
    summary: 'what a run or deployment has done, does and waits for; answers also when no worker lives',
    positionals: ['[RUN|DEPLOYMENT]'],
    options: {},
    examples: [
      'shipway status',
      'shipway status v2-k3x9ab',
      'shipway status storefront/v2-k3x9ab --json',
      'shipway status deployment/storefront/production/2',
    ],
    load: async () => (await import('./status.js')).status,
  },
  {
    name: 'list',
    summary: 'runs, newest first',
    positionals: [],
    options: {
      service: text('NAME', 'of this service only'),
      environment: text('NAME', 'in this environment only'),
      limit: text('N', 'at most so many (default 20)'),
    },
    examples: ['shipway list', 'shipway list --service storefront --limit 5'],
    load: async () => (await import('./list.js')).list,
  },
  {
    name: 'watch',
    summary: 'follow a run or deployment until its outcome',
    positionals: ['[RUN|DEPLOYMENT]'],
    options: { changes: flag('with --json: an object for each change, on a line of its own, to the end') },
    examples: ['shipway watch', 'shipway watch v2-k3x9ab', 'shipway watch v2-k3x9ab --json --changes'],
    load: async () => (await import('./watch.js')).watch,
  },
  {
    name: 'approve',
    summary: 'say yes to what a run, a deployment or a target asks',
    positionals: ['RUN|DEPLOYMENT|TARGET'],
    options: { reason: REASON, decision: DECISION },
    examples: [
      'shipway approve v2-k3x9ab --decision 5f0c2a9be1d4',
      'shipway approve v2-k3x9ab --as bob --reason "load test is fine"',
    ],
    load: async () => (await import('./answer.js')).approve,
  },
  {
    name: 'reject',
    summary: 'say no to what a run, a deployment or a target asks',
    positionals: ['RUN|DEPLOYMENT|TARGET'],
    options: { reason: REASON, decision: DECISION },
    examples: ['shipway reject v2-k3x9ab --reason "not on a Friday"'],
    load: async () => (await import('./answer.js')).reject,
  },
  ...STEERING_COMMANDS,
  {
    name: 'rollback',
    summary: 'bring the last good release back; one in flight is stopped and undone',
    positionals: [],
    options: {
      environment: must(ENVIRONMENT),
      reason: must(REASON),
      to: text('VERSION', 'to this version instead of the newest good one'),
      service: text('NAME', 'the service (default: that of shipway.yaml)'),
      detach: flag('print the deployment and return'),
    },
    examples: [
      'shipway rollback --environment production --reason "checkout is slow"',
      'shipway rollback --environment production --to v1 --reason "v2 loses carts"',
    ],
    load: async () => (await import('./rollback.js')).rollback,
  },
  {
    name: 'abort',
    summary: 'stop a run and undo what it did',
    positionals: ['RUN'],
    options: { reason: must(REASON) },
    examples: ['shipway abort v2-k3x9ab --reason "wrong version"'],
    load: async () => (await import('./abort.js')).abort,
  },
  {
    name: 'logs',
    summary: 'what a run’s stages said',
    positionals: ['RUN'],
    options: {
      stage: text('NAME', 'of this stage only'),
      follow: flag('go on as more comes, until the run ends'),
    },
    examples: ['shipway logs v2-k3x9ab --stage test', 'shipway logs v2-k3x9ab --follow'],
    load: async () => (await import('./logs.js')).logs,
  },
  {
    name: 'history',
    summary: 'deployments and how they ended',
    positionals: [],
    options: {
      environment: text('NAME', 'in this environment only'),
      service: text('NAME', 'of this service only'),
      days: DAYS,
    },
    examples: ['shipway history', 'shipway history --environment production --days 7 --json'],
    load: async () => (await import('./history.js')).history,
  },
  {
    name: 'releases',
    summary: 'what was built, what is known of it, and where it is live',
    positionals: [],
    options: { service: text('NAME', 'of this service (default: that of shipway.yaml)') },
    examples: ['shipway releases', 'shipway releases --service storefront --json'],
    load: async () => (await import('./releases.js')).releases,
  },
  ...SECRETS_COMMANDS,
  {
    name: 'audit',
    summary: 'who did what and when; with --verify, whether the record is whole',
    positionals: [],
    options: {
      environment: ENVIRONMENT,
      service: text('NAME', 'of this service only'),
      days: DAYS,
      verify: flag('recompute the whole chain'),
    },
    examples: ['shipway audit --environment production', 'shipway audit --verify'],
    load: async () => (await import('./audit.js')).audit,
  },
  {
    name: 'ui',
    summary: 'the address of Temporal’s UI, or of a run or deployment in it',
    positionals: ['[RUN|DEPLOYMENT]'],
    options: {},
    examples: ['shipway ui', 'shipway ui v2-k3x9ab'],
    load: async () => (await import('./ui.js')).ui,
  },
  {
    name: 'dev',
    summary: 'Temporal, PostgreSQL, gateway and a worker on this machine, until Ctrl-C',
    positionals: [],
    options: {},
    examples: ['shipway dev'],
    keeps: true,
    load: async () => (await import('./dev.js')).dev,
  },
  {
    name: 'worker',
    summary: 'poll for work; configured by environment variables',
    positionals: [],
    options: { role: ROLES, 'publish-policy': flag('let the policy file rule also when it is an older one') },
    examples: ['shipway worker', 'shipway worker --role stage'],
    keeps: true,
    alone: true,
    load: async () => (await import('./worker.js')).worker,
  },
  {
    name: 'demo',
    summary: 'show the whole way with an example: shipped, watched, rolled back',
    positionals: [],
    options: {
      example: text('NAME', 'which one (default storefront)'),
      keep: flag('leave everything running'),
      interactive: flag('wait for you to approve'),
      environments: flag('through staging to production, built once'),
    },
    examples: ['shipway demo', 'shipway demo --environments', 'shipway demo --keep --interactive'],
    keeps: true,
    alone: true,
    load: async () => (await import('./demo.js')).demo,
  },
  {
    name: 'doctor',
    summary: 'check servers, pollers, disk, clocks and policy',
    positionals: [],
    options: {},
    examples: ['shipway doctor'],
    load: async () => (await import('./doctor.js')).doctor,
  },
];
