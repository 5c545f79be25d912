import { z } from 'zod';
import { duration, integer } from './fields.js';

/** `shipway.policy.yaml` as organisations write it; read by the workers. */
const environment = z.strictObject({
  identity: z
    .enum(['signed', 'asserted'])
    .meta({ description: 'how people are known; default signed, which is not available yet' })
    .optional(),
  approvals: z
    .strictObject({
      required_approvals: integer(0, 20, 'how many different persons must approve; default 0').optional(),
      expires_after: duration('how long a gate waits; default 24h').optional(),
      self_approval: z
        .boolean()
        .meta({ description: 'whoever asked for the run or wrote the commit may approve it; default false' })
        .optional(),
    })
    .optional(),
});
export const policySchema = z.strictObject({
  environments: z
    .record(z.string(), environment)
    .meta({ description: 'the rules of each environment; one that is not named is not allowed' }),
});
export type PolicyInput = z.output<typeof policySchema>;
