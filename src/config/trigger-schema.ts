import { z } from 'zod';
import { integer } from './fields.js';
import { duration, percent } from './measures.js';
import { metricsSchema } from './metric-schema.js';
import { usageTriggers } from './usage.js';

const window = (standard: string) =>
  duration({
    description: 'how far back it looks; at least two looks',
    default: standard,
    examples: [standard],
  }).optional();
const minRequests = integer(1, 1_000_000, {
  description: 'fewer requests in the window are inconclusive',
  default: 20,
  examples: [100],
}).optional();

export const triggers = z
  .strictObject({
    error_rate: z
      .strictObject({
        threshold: percent({ description: 'above it is bad', default: '5%', examples: ['1%'] }).optional(),
        window: window('5m'),
        min_requests: minRequests,
      })
      .meta({
        description: 'answers with status 5xx, and requests without an answer',
        examples: [{ threshold: '5%', window: '5m' }],
      })
      .optional(),
    response_time: z
      .strictObject({
        p95_threshold: duration({
          description: 'above it is bad',
          default: '2000ms',
          examples: ['500ms'],
        }).optional(),
        window: window('5m'),
        min_requests: minRequests,
      })
      .meta({
        description: 'the time that 95 of 100 answers stay under',
        examples: [{ p95_threshold: '2000ms', window: '5m' }],
      })
      .optional(),
    health_check_failures: z
      .strictObject({
        threshold: integer(1, 10_000, {
          description: 'so many in the window are bad',
          default: 3,
          examples: [5],
        }).optional(),
        window: window('2m'),
      })
      .meta({
        description: 'health checks of the release’s instances that failed',
        examples: [{ threshold: 3, window: '2m' }],
      })
      .optional(),
    ...usageTriggers,
    comparison: z
      .strictObject({
        alpha: percent(
          {
            description:
              'so many of all deployments at most are taken back although their release is no worse than tolerated',
            default: '1%',
            examples: ['5%'],
          },
          '0.01%',
        ).optional(),
        tolerance: percent({
          description: 'so much higher than stable’s an error rate may be',
          default: '0.1%',
          examples: ['0.5%'],
        }).optional(),
        min_requests: integer(1, 1_000_000, {
          description: 'fewer requests of either since the deployment began are inconclusive',
          default: 20,
          examples: [100],
        }).optional(),
      })
      .meta({
        description:
          'errors against those of stable at the same time, each user counted as bad once; made while users are with both, by a source that tells users apart',
        examples: [{ alpha: '1%', tolerance: '0.5%' }],
      })
      .optional(),
    metrics: metricsSchema.optional(),
  })
  .meta({ description: 'what takes the release back by itself; all of them always watch' });
