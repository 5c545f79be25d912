import { z } from 'zod';
import { commandList } from './deploy-schema.js';
import { choice, integer, token, urlPath } from './fields.js';
import { duration, percent } from './measures.js';
import { plainVariables } from './variables.js';

const request = z.strictObject({
  method: choice(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], [], {
    description: 'of the request; default: `GET`',
    examples: ['POST'],
  }).optional(),
  path: urlPath({ description: 'what is asked, with its query', examples: ['/api/products?q=cm'] }),
  headers: z
    .record(
      token({ description: 'name of a request header' }),
      z
        .string()
        .max(1_000)
        .regex(/^[^\r\n\0]*$/),
    )
    .meta({ description: 'headers of the request', examples: [{ 'content-type': 'application/json' }] })
    .optional(),
  body: z
    .string()
    .max(10_000)
    .meta({ description: 'as it is sent', examples: ['{"product":1}'] })
    .optional(),
  weight: integer(1, 100, {
    description: 'how often it is sent beside the others; default: 1',
    examples: [3],
  }).optional(),
});

const thresholds = z
  .strictObject({
    error_rate: percent({
      description: 'more requests without an answer, or with status 4xx or 5xx, fail the stage',
      default: '1%',
      examples: ['0.1%'],
    }).optional(),
    p50: duration({ description: 'half of the answers take no longer', examples: ['50ms'] }).optional(),
    p95: duration({
      description: '95 of 100 answers take no longer',
      default: '2000ms',
      examples: ['500ms'],
    }).optional(),
    p99: duration({ description: '99 of 100 answers take no longer', examples: ['1s'] }).optional(),
  })
  .meta({
    description: 'what is too slow, or wrong too often',
    examples: [{ error_rate: '1%', p95: '500ms' }],
  });

/** What a performance test starts, sends and asks for. */
export const performanceTest = z
  .strictObject({
    requests: z
      .array(request)
      .min(1)
      .max(100)
      .meta({
        description: 'what is sent, in turn',
        examples: [[{ path: '/api/products' }]],
      }),
    rate: integer(1, 10_000, {
      description:
        'requests a second. They leave at their time, whatever becomes of those before, and latency counts from then on',
      examples: [50],
    }),
    duration: duration(
      { description: 'how long it is measured', default: '30s', examples: ['2m'] },
      '1s',
    ).optional(),
    warm_up: duration(
      { description: 'sent before at the same rate, and not counted', default: '5s', examples: ['10s'] },
      '0s',
    ).optional(),
    request_timeout: duration({
      description: 'a later answer counts as none',
      default: '10s',
      examples: ['2s'],
    }).optional(),
    max_in_flight: integer(1, 10_000, {
      description:
        'no more requests are open at once; when that keeps some from leaving, there is no verdict',
      default: 1_000,
      examples: [200],
    }).optional(),
    thresholds: thresholds.optional(),
    command: commandList(
      'program and arguments of the instance, which listens on `PORT`; default: that of `deploy`',
    ).optional(),
    ready_path: urlPath({
      description:
        'asked with GET until it answers with 2xx; default: that of the readiness check in `deploy`, else `/ready`',
      examples: ['/ready'],
    }).optional(),
    startup_timeout: duration(
      { description: 'how long the instance may take to become ready', default: '60s', examples: ['2m'] },
      '1s',
    ).optional(),
    environment: plainVariables.optional(),
  })
  .meta({
    description: 'starts the release as one process and loads it',
    examples: [{ requests: [{ path: '/api/products' }], rate: 50, thresholds: { p95: '500ms' } }],
  });
