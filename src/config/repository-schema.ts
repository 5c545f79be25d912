import { z } from 'zod';
import { HOOK_PROVIDERS } from '../domain/trigger.js';
import { credential } from './credential-field.js';
import { branch, choice, innerPath, name, tags, wrong } from './fields.js';
import { shown } from './shown.js';

const PREFIX = 'SHIPWAY_TRIGGER_';
const FETCHED =
  /^(?:https:\/\/[^\s/@:?#]+(?::\d{1,5})?\/[^\s?#]+|ssh:\/\/(?:[\w.-]+@)?[\w.-]+(?::\d{1,5})?\/[^\s?#]+|[\w][\w.-]*@[\w][\w.-]*:(?!:)[^\s]+|\/[^\s]+)$/;
const url = z
  .string()
  .max(1_000)
  .regex(FETCHED, {
    error: ({ input }) =>
      /^[a-z]+:\/\/[^/]*@/.test(String(input)) && !String(input).startsWith('ssh:')
        ? wrong(
            'the address has a user or a password in it',
            'leaving them out; a token goes to `credential`',
          )
        : wrong(
            `${shown(input)} is nothing that a worker fetches`,
            'https://…, ssh://…, git@host:path, or the absolute path of a repository',
          ),
  })
  .meta({
    description: 'where workers fetch it: https, ssh, or a path on their host; no request names another',
    examples: ['https://github.com/acme/storefront.git'],
    form: 'address',
  });

const apiUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*)?$/, {
    error: ({ input }) => wrong(`${shown(input)} is no address of an API`, 'https://api.github.com'),
  })
  .meta({
    description:
      'its API, where that is not the public one: GitHub Enterprise `https://HOST/api/v3`, GitLab `https://HOST/api/v4`',
    examples: ['https://git.acme.example/api/v4'],
    form: 'address',
  });

const hook = z
  .strictObject({
    secret: credential(PREFIX, {
      description:
        'where workers find the secret that the provider signs with: a variable SHIPWAY_TRIGGER_…, or the absolute path of a file',
      examples: ['SHIPWAY_TRIGGER_HOOK_SECRET'],
    }),
    branches: z
      .array(branch())
      .min(1)
      .max(100)
      .meta({ description: 'a push to one of these starts a run', examples: [['main']] })
      .optional(),
    tags: z
      .array(tags())
      .min(1)
      .max(100)
      .meta({
        description:
          'a new tag that is like one of these starts a run, and its name is the version; `*` stands for any characters',
        examples: [['v*']],
      })
      .optional(),
    environment: name({
      description: 'where its runs lead; default: where the stage `deploy` says',
      examples: ['staging'],
    }).optional(),
  })
  .meta({
    description: 'pushes start runs',
    examples: [{ secret: 'SHIPWAY_TRIGGER_HOOK_SECRET', branches: ['main'] }],
  });

const schedule = z
  .strictObject({
    branches: z
      .array(branch())
      .max(100)
      .meta({
        description: 'a schedule may ship one of these; of none, no schedule may',
        examples: [['main']],
      }),
    environments: z
      .array(name({ description: 'an environment of this policy', examples: ['staging'] }))
      .min(1)
      .max(100)
      .meta({
        description: 'where its runs may lead, all of them; default: every environment of the policy',
        examples: [['staging']],
      })
      .optional(),
  })
  .meta({
    description:
      'what may be shipped by the clock; without it every branch to every environment, which whoever may make a schedule can ship by hand as well',
    examples: [{ branches: ['main'], environments: ['staging'] }],
  });

const status = z
  .strictObject({
    token: credential(PREFIX, {
      description: 'where workers find the token that may write statuses',
      examples: ['SHIPWAY_TRIGGER_STATUS_TOKEN'],
    }),
    api_url: apiUrl.optional(),
  })
  .meta({
    description: 'how runs of triggers go is shown at the commit',
    examples: [{ token: 'SHIPWAY_TRIGGER_STATUS_TOKEN' }],
  });

export const repositorySchema = z.strictObject({
  url,
  file: innerPath('the configuration in it; default shipway.yaml').optional(),
  credential: credential(PREFIX, {
    description: 'where workers find what fetches it over https: a token, or `user:password`',
    examples: ['SHIPWAY_TRIGGER_FETCH_TOKEN'],
  }).optional(),
  provider: choice(HOOK_PROVIDERS, [], {
    description: 'whose webhooks and statuses it has',
    examples: ['github'],
  }).optional(),
  project: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+){1,20}$/, {
      error: ({ input }) => wrong(`${shown(input)} is no full name of a repository`, 'acme/storefront'),
    })
    .meta({ description: 'its full name at the provider', examples: ['acme/storefront'] })
    .optional(),
  hook: hook.optional(),
  schedule: schedule.optional(),
  status: status.optional(),
});
export type RepositoryInput = z.output<typeof repositorySchema>;
