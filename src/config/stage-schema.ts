import { z } from 'zod';
import { choice, innerPath, name, wrong, yesOrNo } from './fields.js';
import { alternative } from './alternative.js';
import { ownStageSchema } from './own-stage-schema.js';
import { performanceTest } from './performance-schema.js';
import { reports } from './report-schema.js';
import { matrix } from './matrix.js';
import { duration, size } from './measures.js';
import { shown } from './shown.js';
import { allowFailure, artifacts, ofAll, retry, stageTimeout } from './stage-fields.js';
import { plainVariables } from './variables.js';

const cache = z.strictObject({
  paths: z
    .array(innerPath('a folder to keep'))
    .min(1)
    .meta({ description: 'folders that are kept', examples: [['node_modules/']] }),
  key_files: z
    .array(innerPath('its content names the cache'))
    .min(1)
    .meta({
      description: 'files of the repository; when one of them changes, the cache begins anew',
      examples: [['package-lock.json']],
    }),
});

export const commandSchema = z
  .strictObject({
    ...ofAll,
    script: z
      .array(z.string().min(1))
      .min(1)
      .meta({
        description: 'lines of shell, one command each; the first that fails fails the stage',
        examples: [['npm ci', 'npm test']],
      }),
    artifacts,
    reports: reports.optional(),
    environment: plainVariables.optional(),
    matrix: matrix.optional(),
    cache: z
      .array(cache)
      .meta({
        description: 'folders kept between runs while the key files are the same',
        examples: [[{ paths: ['node_modules/'], key_files: ['package-lock.json'] }]],
      })
      .optional(),
    timeout: stageTimeout,
    output_limit: size({
      description: 'what its output may be; the rest is cut, said so, and the stage goes on',
      default: '64Mi',
      examples: ['256Mi'],
    }).optional(),
    retry,
    on_lost: choice(['rerun', 'fail'], [], {
      description: 'what becomes of it when its machine is gone',
      default: 'rerun',
      examples: ['fail'],
    }).optional(),
    allow_failure: allowFailure,
  })
  .meta({ title: 'command stage' });

const COMING_SCANS = ['dependency_audit', 'container_scan', 'static_analysis'];
export const scanSchema = z
  .strictObject({
    ...ofAll,
    security_scan: z
      .record(z.string(), z.boolean())
      .superRefine((checks, context) => {
        const others = Object.keys(checks).filter((key) => key !== 'secret_detection');
        for (const key of others) {
          const message = COMING_SCANS.includes(key)
            ? wrong(`${key} is not available yet`, 'leaving it out')
            : wrong(`${shown(key)} is no scan`, alternative(key, ['secret_detection']));
          context.addIssue({ code: 'custom', path: [key], message });
        }
        if (checks['secret_detection'] !== true && others.length === 0)
          context.addIssue({
            code: 'custom',
            path: [],
            message: wrong('the scan looks for nothing', '{ secret_detection: true }'),
          });
      })
      .meta({
        description: 'what is looked for: `secret_detection`, in the sources and in the artifacts',
        examples: [{ secret_detection: true }],
        coming: COMING_SCANS,
        // For editors: the reader says more of another key than a schema can.
        propertyNames: { const: 'secret_detection' },
        additionalProperties: { type: 'boolean', const: true },
        minProperties: 1,
      }),
    timeout: duration(
      {
        description: 'after it the scan is stopped and fails',
        default: '10m',
        examples: ['5m'],
      },
      '1s',
    ).optional(),
    allow_failure: yesOrNo({
      description: 'the run goes on when something is found',
      default: false,
      examples: [true],
    }).optional(),
  })
  .meta({ title: 'scan stage' });

export const performanceSchema = z
  .strictObject({
    ...ofAll,
    performance_test: performanceTest,
    allow_failure: allowFailure,
  })
  .meta({ title: 'performance stage' });

export const gateSchema = z
  .strictObject({ ...ofAll, name: z.enum(['approve']).meta({ description: 'the gate' }) })
  .meta({ title: 'gate' });

/** Who follows a run through more than these sees nothing any more. */
const MOST_IN_A_ROW = 10;
export const deploymentSchema = z
  .strictObject({
    ...ofAll,
    name: z.enum(['deploy']).meta({ description: 'the deployment' }),
    environments: z
      .array(name({ description: 'one of `environments`', examples: ['staging'] }))
      .min(1)
      .max(MOST_IN_A_ROW)
      .meta({
        description:
          'where a run that names no environment leads, one after the other: from the gate on, all is done for each of them',
        examples: [['staging', 'production']],
        // For editors: the reader says which one.
        uniqueItems: true,
      })
      .optional(),
  })
  .meta({ title: 'deployment' });

export const stageSchema = z.union([
  z.enum(['approve', 'deploy']),
  commandSchema,
  scanSchema,
  performanceSchema,
  ownStageSchema,
  gateSchema,
  deploymentSchema,
]);
export type CommandInput = z.output<typeof commandSchema>;
export type PerformanceInput = z.output<typeof performanceSchema>;
export type ScanInput = z.output<typeof scanSchema>;
export type FixedInput = z.output<typeof gateSchema> | z.output<typeof deploymentSchema>;
