import { z } from 'zod';
import { NAME } from '../domain/ids.js';
import { choice, integer, name, yesOrNo } from './fields.js';
import { duration } from './measures.js';
import { notificationSchema, notifySchema } from './notification-schema.js';
import { haproxySchema, nginxSchema, prometheusSchema } from './place-schema.js';
import { repositorySchema } from './repository-schema.js';

const required = (description: string) => choice(['required'], [], { description, examples: ['required'] });

/** `shipway.policy.yaml` as organisations write it; read by the workers. */
const approvals = z
  .strictObject({
    required_approvals: integer(0, 20, {
      description: 'how many different persons must approve',
      default: 0,
      examples: [2],
    }).optional(),
    expires_after: duration(
      { description: 'how long a gate waits', default: '24h', examples: ['8h'] },
      '1s',
    ).optional(),
    self_approval: yesOrNo({
      description: 'whoever asked for the run or wrote the commit may approve it',
      default: false,
      examples: [true],
    }).optional(),
    on_base_changed: choice(['ask_again', 'fail'], [], {
      description:
        'what becomes of a run whose approved decision changed before its turn came, as by another live release: it is asked about again, or fails',
      default: 'ask_again',
      examples: ['fail'],
    }).optional(),
    security_scan: required(
      'no release is approved or deployed without a `security_scan` of all its artifacts that passed',
    ).optional(),
    performance_test: required(
      'no release is approved or deployed without a `performance_test` of all its artifacts that passed',
    ).optional(),
    own_stages: z
      .record(name({ description: '', examples: ['licences'] }), z.literal('required'))
      .meta({
        description:
          'no release is approved or deployed without a stage of this kind of your own (`uses: own:NAME`, with `evidence: true`) that looked at all its artifacts and passed',
        examples: [{ licences: 'required' }],
      })
      .optional(),
  })
  .meta({ description: 'what the stage `approve` asks for', examples: [{ required_approvals: 2 }] });

const environment = z.strictObject({
  identity: z
    .enum(['signed', 'asserted'])
    .meta({
      description:
        'how people are known. `asserted`: by what the command line says. `signed` is the default and not available yet, so `asserted` must be written',
      examples: ['asserted'],
    })
    .optional(),
  approvals: approvals.optional(),
  notify: notifySchema.optional(),
  haproxy: haproxySchema.optional(),
  nginx: nginxSchema.optional(),
  prometheus: prometheusSchema.optional(),
  gone_routers: z
    .array(choice(['gateway', 'haproxy', 'nginx'], [], { description: 'a router', examples: ['nginx'] }))
    .min(1)
    .meta({
      description:
        'routers that are gone for good: a target that one of them serves beside another goes on with that alone, and what the one that is gone has of it stays as it is',
      examples: [['nginx']],
    })
    .optional(),
});
const keptFor = (description: string, usual: string) =>
  duration({ description, default: usual, examples: ['14d'] }, '1s').optional();
const retention = z
  .strictObject({
    logs: keptFor(
      'what stages said, and what they reported, since the run’s last output; messages to people, since they were sent or given up',
      '90d',
    ),
    artifacts: keptFor(
      'the source of a run and what its stages made, since it began: for so long it can be tried again',
      '90d',
    ),
    releases: keptFor(
      'releases with their artifacts and evidence, since they were last built, shipped or replaced; what is live, known good, held, or what a rollback goes to stays',
      '365d',
    ),
    samples: keptFor('what was measured during a deployment, since its last sample', '90d'),
    workspaces: keptFor('folders and notes of stages that have ended, on their machine', '2d'),
    caches: keptFor(
      'caches and checkouts of stages, and unpacked releases of hosts, since they were last used',
      '30d',
    ),
  })
  .meta({
    description: 'how long housekeeping keeps what nothing needs any more; the audit is kept for good',
    examples: [{ logs: '30d', releases: '180d' }],
  });
export const policySchema = z.strictObject({
  environments: z.record(z.string(), environment).meta({
    description: 'the rules of each environment; one that is not named is not allowed',
    examples: [{ production: { identity: 'asserted', approvals: { required_approvals: 1 } } }],
    // For editors: the reader says more of both than a schema can.
    minProperties: 1,
    propertyNames: { type: 'string', pattern: NAME.source },
  }),
  retention: retention.optional(),
  notifications: notificationSchema.optional(),
  repositories: z
    .record(z.string(), repositorySchema)
    .meta({
      description: 'what workers fetch for webhooks and schedules, by the service that each must hold',
      examples: [{ storefront: { url: 'https://github.com/acme/storefront.git' } }],
      propertyNames: { type: 'string', pattern: NAME.source },
    })
    .optional(),
});
export type PolicyInput = z.output<typeof policySchema>;
