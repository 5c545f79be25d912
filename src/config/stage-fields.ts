import { z } from 'zod';
import { branch, innerPath, integer, name, tags, yesOrNo } from './fields.js';
import { duration } from './measures.js';

/** What stages of several forms have. */

export const ofAll = {
  name: name({
    description: 'names the stage; `approve` and `deploy` are the gate and the deployment',
    examples: ['test'],
  }),
  needs: z
    .array(z.string())
    .meta({
      description:
        'earlier stages that must have passed, or failed where they may; default: the one before. Stages that do not wait for each other run side by side, and `[]` waits for none',
      examples: [['test', 'build']],
    })
    .optional(),
  only: z
    .array(z.union([branch(), z.strictObject({ tag: tags().meta({ examples: ['v*'] }) })]))
    .min(1)
    .meta({
      description:
        'runs only for commits that are on one of these branches, here or at `origin`, or for a version that is a tag like `{ tag: "v*" }`, where `*` stands for any characters',
      examples: [['main']],
    })
    .optional(),
};
export type Only = NonNullable<z.output<(typeof ofAll)['only']>>[number];

export const artifacts = z
  .array(innerPath('a file or folder that later stages and the deployment get'))
  .meta({
    description: 'files and folders that the stage leaves for later stages and for the deployment',
    examples: [['dist/', 'package.json']],
  })
  .optional();

export const stageTimeout = duration(
  {
    description: 'after it the stage is stopped and fails',
    default: '30m',
    examples: ['10m'],
  },
  '1s',
).optional();

export const retry = z
  .strictObject({
    attempts: integer(1, 10, { description: 'how often it is tried in all', default: 1, examples: [3] }),
  })
  .meta({ description: 'what is done when it fails', examples: [{ attempts: 3 }] })
  .optional();

export const allowFailure = yesOrNo({
  description: 'the run goes on when it fails',
  default: false,
  examples: [true],
}).optional();
