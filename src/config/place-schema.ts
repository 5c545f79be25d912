import { z } from 'zod';
import { credential } from './credential-field.js';
import { commandList } from './deploy-schema.js';
import { integer, wrong } from './fields.js';
import { duration } from './measures.js';
import { shown } from './shown.js';

const path = (description: string, example: string) =>
  z
    .string()
    .regex(/^\/(?!\/)[\w./-]{0,200}[\w-]$/, {
      error: ({ input }) =>
        wrong(
          `${shown(input)} is no absolute path of letters, digits, dots, dashes and underscores`,
          example,
        ),
    })
    .meta({ description, examples: [example], form: 'path' });

/** Where the HAProxy of an environment is. */
export const haproxySchema = z
  .strictObject({
    folder: path(
      'what shipway writes and HAProxy loads with `-f`; nobody else writes there',
      '/etc/haproxy/shipway',
    ),
    socket: path('the socket of its master process, which HAProxy has by `-S`', '/run/haproxy-master.sock'),
  })
  .meta({
    description: 'the HAProxy on the hosts of the environment, for `router: haproxy`',
    examples: [{ folder: '/etc/haproxy/shipway', socket: '/run/haproxy-master.sock' }],
  });

/** Where the nginx of an environment is. */
export const nginxSchema = z
  .strictObject({
    folder: path(
      'what shipway writes; nginx includes its `shipway.conf` in the block `http`, and nobody else writes there',
      '/etc/nginx/shipway',
    ),
    port: integer(1, 65_535, {
      description:
        'the port on 127.0.0.1 where nginx answers shipway, and has its metrics for Prometheus; environments that one nginx serves have the same, and the same folder',
      examples: [9_146],
    }),
    command: commandList(
      'how it is called, without a shell: with `-t` behind it, to test its configuration, and with `-s reload`',
      ['sudo', 'nginx'],
    ).optional(),
  })
  .meta({
    description: 'the nginx on the hosts of the environment, for `router: nginx`',
    examples: [{ folder: '/etc/nginx/shipway', port: 9_146 }],
  });

/** Where the Prometheus of an environment is. */
export const prometheusSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*)?$/, {
        error: ({ input }) =>
          /^https?:\/\/[^/]*@/.test(String(input))
            ? wrong(
                'the address has a user or a password in it',
                'leaving them out; what it asks for goes to `credential`',
              )
            : wrong(`${shown(input)} is no address of a Prometheus`, 'http://prometheus:9090'),
      })
      .meta({
        description: 'its address, with what stands before `/api/v1`',
        examples: ['http://prometheus:9090'],
        form: 'address',
      }),
    credential: credential('SHIPWAY_METRICS_', {
      description:
        'where workers find what it asks for, a token or `user:password`: a variable SHIPWAY_METRICS_…, or the absolute path of a file',
      examples: ['SHIPWAY_METRICS_TOKEN'],
    }).optional(),
    stale_after: duration(
      {
        description: 'what was scraped longer ago says nothing; more than two intervals of its scrapes',
        default: '2m',
        examples: ['1m'],
      },
      '1s',
    ).optional(),
  })
  .meta({
    description: 'the Prometheus that knows the environment, for `metrics: prometheus`',
    examples: [{ url: 'http://prometheus:9090' }],
  });
