import { DECISION, ENVIRONMENT, REASON, ROLES, SHIPPED } from './common-options.js';
import { flag, must, text, type OptionSpec } from './options.js';
import { FLAG_COMMANDS } from './table-flags.js';
import { SECRETS_COMMANDS } from './table-secrets.js';
import { CHOOSE } from './table-choose.js';
import { EMERGENCY } from './table-emergency.js';
import { AGAIN_COMMANDS } from './table-again.js';
import { LOOKING_COMMANDS } from './table-looking.js';
import { REPORT } from './table-report.js';
import { KEEPING_COMMANDS } from './table-keeping.js';
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
    summary: 'write a commented configuration and policy to start from, or make an example',
    positionals: ['[DIRECTORY]'],
    options: {
      example: text('NAME', 'make a repository of this example: storefront'),
      router: text('NAME', 'with another router than it has: haproxy, or haproxy+nginx for both'),
      typescript: flag('shipway.config.ts instead of shipway.yaml'),
    },
    examples: ['shipway init', 'shipway init --typescript', 'shipway init --example storefront shop'],
    alone: true,
    load: async () => (await import('./init.js')).init,
  },
  CHOOSE,
  {
    name: 'validate',
    summary: 'check the configuration, or a policy that -f names, and list every problem with its line',
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
  ...LOOKING_COMMANDS,
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
      gradual: flag('users return by quarters, each watched'),
      immediate: flag('all users return at once, whatever the configuration says'),
      service: text('NAME', 'the service (default: that of the configuration)'),
      detach: flag('print the deployment and return'),
    },
    examples: [
      'shipway rollback --environment production --reason "checkout is slow"',
      'shipway rollback --environment production --to v1 --reason "v2 loses carts"',
    ],
    load: async () => (await import('./rollback.js')).rollback,
  },
  EMERGENCY,
  {
    name: 'abort',
    summary: 'stop a run and undo what it did',
    positionals: ['RUN'],
    options: { reason: must(REASON) },
    examples: ['shipway abort v2-k3x9ab --reason "wrong version"'],
    load: async () => (await import('./abort.js')).abort,
  },
  ...FLAG_COMMANDS,
  ...SECRETS_COMMANDS,
  REPORT,
  {
    name: 'dev',
    summary: 'Temporal, PostgreSQL, gateway and a worker on this machine, until Ctrl-C',
    positionals: [],
    options: { worker: text('FILE', 'a worker of your own instead, with your own adapters') },
    examples: ['shipway dev', 'shipway dev --worker worker.js'],
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
      router: text(
        'NAME',
        'by another router, started for it, with Prometheus as the source: haproxy, or haproxy+nginx for both',
      ),
    },
    examples: [
      'shipway demo',
      'shipway demo --environments',
      'shipway demo --router haproxy',
      'shipway demo --keep --interactive',
    ],
    keeps: true,
    alone: true,
    load: async () => (await import('./demo.js')).demo,
  },
  ...KEEPING_COMMANDS,
];
