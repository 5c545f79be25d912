import { z } from 'zod';
import { NAME } from '../domain/ids.js';
import { adaptersSchema } from './adapter-schema.js';
import { deploySchema } from './deploy-schema.js';
import { name, wrong } from './fields.js';
import { flagsSchema } from './flag-schema.js';
import { stageSchema } from './stage-schema.js';
import { MOST_STAGES } from '../domain/plan.js';

/** `shipway.yaml` as users write it. Defaults are filled in by deployment.ts and stages.ts; a key that is not here is an error. */

const MOST_ENVIRONMENTS = 100;
const service = name({ description: 'names the service', examples: ['storefront'] });
const environmentsExample = [{ staging: { strategy: 'blue_green' }, production: {} }];

/** For editors: every form of a stage. */
export const serviceSchema = z.strictObject({
  service,
  adapters: adaptersSchema.optional(),
  flags: flagsSchema.optional(),
  stages: z
    .array(stageSchema)
    .min(1)
    .max(MOST_STAGES)
    .meta({ description: 'what happens to a commit, in this order' }),
  deploy: deploySchema
    .meta({ description: 'how it is deployed; every environment may change any of it' })
    .optional(),
  environments: z.record(z.string().regex(NAME), deploySchema.nullable()).meta({
    description: 'where it is deployed, and what is different there: any key of `deploy`',
    examples: environmentsExample,
    minProperties: 1,
  }),
});
/** For reading: parts are parsed one by one, stages by the form that they have, so that an error speaks of what was meant. */
export const serviceShell = z.strictObject({
  service: service.optional(),
  adapters: z.unknown().optional(),
  flags: z.unknown().optional(),
  stages: z
    .array(z.unknown())
    .min(1)
    .max(MOST_STAGES)
    .meta({ examples: [[{ name: 'test', script: ['npm test'] }]] })
    .optional(),
  deploy: z.unknown().optional(),
  environments: z
    .record(z.string(), z.unknown())
    .refine((all) => Object.keys(all).length <= MOST_ENVIRONMENTS, {
      error: () =>
        wrong(
          `there are more than ${String(MOST_ENVIRONMENTS)} environments`,
          'a file for each part of them',
        ),
    })
    .meta({ examples: environmentsExample })
    .optional(),
});
