import { z } from 'zod';
import { adapter, twoOf } from './adapter-schema.js';
import { choice, integer, token, urlPath, wrong, yesOrNo } from './fields.js';
import { duration } from './measures.js';
import { namedChannels } from './notification-schema.js';
import { queriesSchema } from './query-schema.js';
import { ofStrategies } from './strategy-schema.js';
import { triggers } from './trigger-schema.js';
import { instanceVariables, variableName } from './variables.js';

const probe = (about: string, path: string) =>
  z
    .strictObject({
      path: urlPath({
        description: 'asked with GET; 2xx is well',
        default: path,
        examples: [path],
      }).optional(),
      period: duration(
        { description: 'between two questions', default: '1s', examples: ['5s'] },
        '100ms',
      ).optional(),
      timeout: duration({
        description: 'a later answer counts as none',
        default: '2s',
        examples: ['1s'],
      }).optional(),
      initial_delay: duration(
        { description: 'before the first question', default: '0s', examples: ['10s'] },
        '0s',
      ).optional(),
    })
    .meta({ description: about, examples: [{ path }] })
    .optional();

const userKey = z
  .strictObject({
    header: token({ description: 'name of a request header', examples: ['x-user-id'] }).optional(),
    cookie: token({ description: 'name of a cookie', examples: ['session'] }).optional(),
  })
  .refine((key) => (key.header === undefined) !== (key.cookie === undefined), {
    error: () => wrong('a user key is one header or one cookie', '{ header: x-user-id }'),
  })
  .meta({ oneOf: ['header', 'cookie'].map((key) => ({ properties: { [key]: {} }, required: [key] })) });

/** `node server.js` as the list it is meant to be, when no quoting is lost by that. */
const asList = (input: unknown): string | undefined =>
  typeof input === 'string' && /^[\w@./=-]+( +[\w@./=-]+)*$/.test(input)
    ? wrong('the command is one text, and no shell takes it apart', `[${input.split(/ +/).join(', ')}]`)
    : undefined;

export const commandList = (description: string, example: readonly string[] = ['node', 'dist/server.js']) =>
  z
    .array(z.string().min(1), { error: ({ input }) => asList(input) })
    .min(1)
    .meta({ description, examples: [example] });

const ROUTERS = ['gateway', 'haproxy', 'nginx'] as const;
const port = integer(0, 65_535, { description: 'a port', examples: [8080] });

/** Every key of `deploy`; each may be given there, in an environment, or in both. */
export const deploySchema = z.strictObject({
  provider: adapter(['process'], ['container', 'swarm', 'kubernetes', 'ssh', 'lambda'], {
    description: 'where instances run: `process` starts them as plain processes on the worker’s host',
    examples: ['process'],
  }).optional(),
  command: commandList(
    'program and arguments of an instance, without a shell; it listens on `PORT`',
  ).optional(),
  replicas: integer(1, 50, { description: 'how many instances', default: 1, examples: [2] }).optional(),
  health_checks: z
    .strictObject({
      readiness: probe('whether an instance may be sent requests', '/ready'),
      liveness: probe('whether an instance still works', '/health'),
    })
    .meta({ description: 'what each instance is asked' })
    .optional(),
  startup_timeout: duration(
    {
      description: 'how long instances may take to become ready',
      default: '60s',
      examples: ['2m'],
    },
    '1s',
  ).optional(),
  environment: instanceVariables.optional(),
  required_variables: z
    .array(variableName)
    .meta({
      description: 'variables that every environment must give a value: checked before anything runs',
      examples: [['DATABASE_URL', 'REGION']],
    })
    .optional(),
  router: z
    .union([adapter(ROUTERS, [], { description: 'one of them' }), twoOf(ROUTERS)])
    .meta({
      description:
        'what shares the traffic out: `gateway` is shipway’s own, `haproxy` and `nginx` are those that the policy has for the environment; a list of two serves the target by both',
      examples: ['gateway'],
    })
    .optional(),
  metrics: adapter(['gateway', 'prometheus'], [], {
    description:
      'where errors and response times come from: `gateway` counts what it shares out, `prometheus` is the one that the policy has for the environment',
    default: 'gateway',
    examples: ['gateway'],
  }).optional(),
  queries: queriesSchema.optional(),
  listen: z
    .union([
      port,
      z.array(port).refine((ports) => ports.length === 2, {
        error: ({ input }) =>
          wrong(
            `these are ${String((input as readonly unknown[]).length)} ports`,
            'one, or two for two routers',
          ),
      }),
    ])
    .meta({
      description:
        'the port on 127.0.0.1 that users, or what stands before the router, reach; default: a free one that is kept. Of two routers each has its own, in their order',
      examples: [8080],
    })
    .optional(),
  user_key: z
    .array(userKey)
    .meta({
      description:
        'what says who a user is: the first that a request carries, else a cookie that the router sets',
      examples: [[{ header: 'x-user-id' }, { cookie: 'session' }]],
    })
    .optional(),
  smoke_test: z
    .strictObject({
      path: urlPath({ description: 'asked with GET', default: '/health', examples: ['/health'] }).optional(),
      expect_status: integer(100, 599, {
        description: 'the status that is well',
        default: 200,
        examples: [204],
      }).optional(),
      timeout: duration({
        description: 'a later answer counts as none',
        default: '5s',
        examples: ['10s'],
      }).optional(),
    })
    .meta({ description: 'one request to the new release before any user reaches it' })
    .optional(),
  strategy: adapter(['blue_green', 'canary', 'rolling', 'in_place', 'feature_flag'], [], {
    description:
      'how the new release takes over: beside the old one with all users at once, or share by share; batch by batch in its place; after it has been stopped, with downtime; or as a function of your own says',
    examples: ['canary'],
  }).optional(),
  ...ofStrategies,
  bake: duration({
    description: 'watching at 100 %, after which the release is known good',
    default: '30m',
    examples: ['1h'],
  }).optional(),
  min_bake: duration({
    description:
      'after so much of the bake without a breach the release is good enough to make way for the next one, and to go back to',
    default: '10m',
    examples: ['15m'],
  }).optional(),
  during_bake: choice(['supersede', 'queue'], [], {
    description: 'a run that comes while another bakes waits for its `min_bake`, or for its whole bake',
    default: 'supersede',
    examples: ['queue'],
  }).optional(),
  queue: choice(['queue', 'supersede', 'reject'], [], {
    description:
      'a run that finds the target at work waits in the order of asking, takes the place of those that wait, or fails',
    default: 'queue',
    examples: ['supersede'],
  }).optional(),
  monitoring: z
    .strictObject({
      interval: duration(
        { description: 'between two looks', default: '10s', examples: ['5s'] },
        '100ms',
      ).optional(),
    })
    .meta({ description: 'how the release is watched' })
    .optional(),
  triggers: triggers.optional(),
  on_inconclusive: choice(['hold', 'continue'], [], {
    description:
      'too little data at the end of a step; default `hold`, but `continue` in `development` and with `low_traffic: true`',
    examples: ['hold'],
  }).optional(),
  on_unavailable: choice(['hold', 'continue'], [], {
    description: 'no data at the end of a step; default as for `on_inconclusive`',
    examples: ['hold'],
  }).optional(),
  low_traffic: yesOrNo({ description: 'goes on in doubt', default: false, examples: [true] }).optional(),
  step_timeout: duration(
    {
      description: 'how long doubt is waited out before a person is asked',
      default: '30m',
      examples: ['1h'],
    },
    '1s',
  ).optional(),
  drain_timeout: duration(
    {
      description: 'how long requests in flight may take before an emptied slot is removed anyway',
      default: '30s',
      examples: ['1m'],
    },
    '0s',
  ).optional(),
  rollback_strategy: choice(['immediate', 'gradual'], [], {
    description:
      'how users go back when a person says so: all at once, or by quarters, each watched. What rules find bad, an abort and an emergency send all back at once',
    default: 'immediate',
    examples: ['gradual'],
  }).optional(),
  rollback_step: duration({
    description: 'how long each quarter is watched when `rollback_strategy` is `gradual`; default: 30s',
    examples: ['1m'],
  }).optional(),
  notification_channels: namedChannels.optional(),
});
export type DeployInput = z.output<typeof deploySchema>;
