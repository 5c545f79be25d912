import { z } from 'zod';
import { OWN } from '../domain/adapters.js';
import { NAME } from '../domain/ids.js';
import { wrong, yesOrNo } from './fields.js';
import { shown } from './shown.js';
import { allowFailure, artifacts, ofAll, retry, stageTimeout } from './stage-fields.js';

/** A stage that a function of the user's own does, which the workers were given. */
export const ownStageSchema = z
  .strictObject({
    ...ofAll,
    uses: z
      .string()
      .refine((text) => text.startsWith(OWN) && NAME.test(text.slice(OWN.length)), {
        error: ({ input }) =>
          wrong(
            `${shown(input)} is no stage kind: shipway has none by a name, and takes nothing from elsewhere`,
            'own:NAME, for one of your own that adapters.stages names',
          ),
      })
      .meta({
        description: 'the kind of your own that does it, one of `adapters.stages`',
        examples: ['own:licences'],
        form: '`own:NAME`',
        pattern: '^own:[a-z][a-z0-9-]{0,62}$',
      }),
    with: z
      .record(z.string(), z.unknown())
      .meta({ description: 'what it is given: plain data', examples: [{ allow: ['MIT', 'ISC'] }] })
      .optional(),
    evidence: yesOrNo({
      description: 'its answer is evidence of the release: judged, kept, and part of what is approved',
      default: false,
      examples: [true],
    }).optional(),
    artifacts,
    timeout: stageTimeout,
    retry,
    allow_failure: allowFailure,
  })
  .meta({ title: 'stage of your own' });
export type OwnStageInput = z.output<typeof ownStageSchema>;
