import { z } from 'zod';
import {
  branch,
  choice,
  duration,
  innerPath,
  integer,
  name,
  percent,
  token,
  urlPath,
  wrong,
} from './fields.js';
import { alternative } from './issues.js';
import { shown } from './shown.js';

/** `shipway.yaml` as users write it. Defaults are filled in by deployment.ts and stages.ts; a key that is not here is an error. */

const environmentVariables = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
      error: ({ input }) => wrong(`${shown(input)} is no name of a variable`, 'letters, digits and _'),
    }),
    z.string(),
  )
  .meta({ description: 'environment variables; never a secret' });

const common = {
  name: name('names the stage; `approve` and `deploy` are the gate and the deployment'),
  needs: z
    .array(z.string())
    .meta({ description: 'earlier stages that must have passed; default: the one before' })
    .optional(),
  only: z
    .array(branch())
    .min(1)
    .meta({ description: 'runs only for commits that are on one of these branches' })
    .optional(),
};

const command = z
  .strictObject({
    ...common,
    script: z
      .array(z.string().min(1))
      .min(1)
      .meta({ description: 'lines of shell; the first that fails fails the stage' }),
    artifacts: z
      .array(innerPath('a file or folder that later stages and the deployment get'))
      .meta({ description: 'what the stage leaves' })
      .optional(),
    environment: environmentVariables.optional(),
    cache: z
      .array(
        z.strictObject({
          paths: z.array(innerPath('a folder to keep')).min(1),
          key_files: z.array(innerPath('its content names the cache')).min(1),
        }),
      )
      .meta({ description: 'folders kept between runs while the key files are the same' })
      .optional(),
    timeout: duration('after it the stage is stopped and fails; default 30m').optional(),
    retry: z.strictObject({ attempts: integer(1, 10, 'how often it is tried; default 1') }).optional(),
    on_lost: choice(
      ['rerun', 'fail'],
      [],
      'what becomes of it when its machine is gone; default rerun',
    ).optional(),
    allow_failure: z
      .boolean()
      .meta({ description: 'the run goes on when it fails; default false' })
      .optional(),
  })
  .meta({ title: 'command stage' });

const COMING_SCANS = ['dependency_audit', 'container_scan', 'static_analysis'];
const scan = z
  .strictObject({
    ...common,
    security_scan: z
      .record(z.string(), z.boolean())
      .superRefine((checks, context) => {
        for (const key of Object.keys(checks)) {
          if (key === 'secret_detection') continue;
          const message = COMING_SCANS.includes(key)
            ? wrong(`${key} is not available yet`, 'secret_detection')
            : wrong(`${shown(key)} is no scan`, alternative(key, ['secret_detection']));
          context.addIssue({ code: 'custom', path: [key], message });
        }
        if (checks['secret_detection'] !== true)
          context.addIssue({
            code: 'custom',
            path: [],
            message: wrong('the scan looks for nothing', 'secret_detection: true'),
          });
      })
      .meta({ description: 'what is looked for: `secret_detection`' }),
    timeout: duration('default 10m').optional(),
    allow_failure: z
      .boolean()
      .meta({ description: 'the run goes on when something is found; default false' })
      .optional(),
  })
  .meta({ title: 'scan stage' });

const fixed = z
  .strictObject({ ...common, name: z.enum(['approve', 'deploy']) })
  .meta({ title: 'gate or deployment' });

const probe = z.strictObject({
  path: urlPath('asked with GET; 2xx is well'),
  period: duration('default 1s').optional(),
  timeout: duration('default 2s').optional(),
  initial_delay: duration('default 0s').optional(),
});

const window = duration('how far back it looks');
const minRequests = integer(
  1,
  1_000_000,
  'fewer requests in the window are inconclusive; default 20',
).optional();

const deployKeys = {
  provider: choice(['process'], ['container', 'swarm', 'kubernetes', 'ssh', 'lambda'], 'where instances run'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: 'program and arguments of an instance, without a shell' }),
  replicas: integer(1, 50, 'instances; default 1').optional(),
  health_checks: z
    .strictObject({ readiness: probe.optional(), liveness: probe.optional() })
    .meta({ description: 'default /ready and /health' })
    .optional(),
  startup_timeout: duration('how long instances may take to become ready; default 60s').optional(),
  environment: environmentVariables.optional(),
  router: choice(['gateway'], ['haproxy', 'nginx'], 'what shares the traffic out'),
  listen: integer(0, 65_535, 'the port users reach; default: a free one that is kept').optional(),
  user_key: z
    .array(
      z
        .strictObject({
          header: token('name of a request header').optional(),
          cookie: token('name of a cookie').optional(),
        })
        .refine((key) => (key.header === undefined) !== (key.cookie === undefined), {
          error: () => wrong('a user key is one header or one cookie', '{ header: x-user-id }'),
        }),
    )
    .meta({
      description:
        'what says who a user is: the first that a request carries, else a cookie that the router sets',
    })
    .optional(),
  smoke_test: z
    .strictObject({
      path: urlPath('default /health'),
      expect_status: integer(100, 599, 'default 200').optional(),
      timeout: duration('default 5s').optional(),
    })
    .optional(),
  strategy: choice(
    ['blue_green', 'canary'],
    ['in_place', 'rolling', 'feature_flag'],
    'how the traffic moves',
  ),
  canary: z
    .strictObject({
      steps: z
        .array(percent('a share of the users'))
        .min(1)
        .meta({ description: 'default 5%, 25%, 50%, 100%' })
        .optional(),
      step_duration: duration('how long each share is watched; default 5m').optional(),
    })
    .optional(),
  bake: duration('watching at 100 %; default 30m').optional(),
  monitoring: z.strictObject({ interval: duration('between two looks; default 10s').optional() }).optional(),
  triggers: z
    .strictObject({
      error_rate: z
        .strictObject({
          threshold: percent('above it is bad; default 5%').optional(),
          window: window.optional(),
          min_requests: minRequests,
        })
        .optional(),
      response_time: z
        .strictObject({
          p95_threshold: duration('above it is bad; default 2000ms').optional(),
          window: window.optional(),
          min_requests: minRequests,
        })
        .optional(),
      health_check_failures: z
        .strictObject({ threshold: integer(1, 10_000, 'default 3').optional(), window: window.optional() })
        .optional(),
    })
    .meta({ description: 'what takes the release back' })
    .optional(),
  on_inconclusive: choice(
    ['hold', 'continue'],
    [],
    'too little data at the end of a step; default hold',
  ).optional(),
  on_unavailable: choice(['hold', 'continue'], [], 'no data at the end of a step; default hold').optional(),
  low_traffic: z.boolean().meta({ description: 'goes on in doubt; default false' }).optional(),
  step_timeout: duration('how long doubt is waited out before a person is asked; default 30m').optional(),
  drain_timeout: duration('how long requests in flight may take; default 30s').optional(),
  rollback_strategy: choice(['immediate'], ['gradual'], 'how the traffic goes back').optional(),
};

export const deploySchema = z.strictObject(deployKeys);
export const overrideSchema = deploySchema.partial();
export type DeployInput = z.output<typeof overrideSchema>;
export type CommandInput = z.output<typeof command>;
export type ScanInput = z.output<typeof scan>;
export type FixedInput = z.output<typeof fixed>;
export { command as commandSchema, scan as scanSchema, fixed as fixedSchema };

const MOST_STAGES = 200;
const anyStage = z.union([z.enum(['approve', 'deploy']), command, scan, fixed]);

/** For editors: every form of a stage. */
export const serviceSchema = z.strictObject({
  service: name('names the service'),
  stages: z
    .array(anyStage)
    .min(1)
    .max(MOST_STAGES)
    .meta({ description: 'what happens to a commit, in this order' }),
  deploy: overrideSchema
    .meta({ description: 'how it is deployed; every environment may change any of it' })
    .optional(),
  environments: z
    .record(z.string(), overrideSchema.nullable())
    .meta({ description: 'where it is deployed, and what is different there' }),
});
/** For reading: parts are parsed one by one, stages by the form that they have, so that an error speaks of what was meant. */
export const serviceShell = z.strictObject({
  service: name('names the service').optional(),
  stages: z.array(z.unknown()).min(1).max(MOST_STAGES).optional(),
  deploy: z.unknown(),
  environments: z.record(z.string(), z.unknown()).optional(),
});
