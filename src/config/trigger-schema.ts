import { z } from 'zod';
import { integer } from './fields.js';
import { duration, percent } from './measures.js';

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
  })
  .meta({ description: 'what takes the release back by itself; all three always watch' });
