import { BUCKETS } from '../domain/buckets.js';

/** What the admin API takes; anything else is refused with 400 and the place of the problem. */
const name = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,62}$' } as const;
const slot = { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' } as const;
const field = { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" } as const;
const closed = { type: 'object', additionalProperties: false } as const;

export const targetParams = {
  ...closed,
  required: ['service', 'environment'],
  properties: { service: name, environment: name },
} as const;
export const slotParams = {
  ...closed,
  required: ['service', 'environment', 'slot'],
  properties: { service: name, environment: name, slot },
} as const;
export const noQuery = { ...closed, properties: {} } as const;
export const drainQuery = {
  ...closed,
  required: ['timeout'],
  properties: { timeout: { type: 'string', pattern: '^[0-9]{1,7}$' } },
} as const;

export const targetBody = {
  ...closed,
  properties: { listen: { type: 'integer', minimum: 0, maximum: 65_535 } },
} as const;
export const slotBody = {
  ...closed,
  required: ['release', 'members'],
  properties: {
    release: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}$' },
    members: {
      type: 'array',
      maxItems: 256,
      uniqueItems: true,
      items: {
        type: 'string',
        pattern: '^http://([a-z0-9][a-z0-9.-]{0,252}|\\[[0-9a-f:.]{2,45}\\]):[1-9][0-9]{0,4}$',
      },
    },
  },
} as const;
export const splitBody = {
  ...closed,
  required: ['shares', 'candidate', 'salt', 'user_key'],
  properties: {
    shares: {
      ...closed,
      minProperties: 1,
      patternProperties: { [slot.pattern]: { type: 'integer', minimum: 0, maximum: BUCKETS } },
    },
    candidate: slot,
    salt: { type: 'string', minLength: 1, maxLength: 200 },
    user_key: {
      type: 'array',
      maxItems: 10,
      items: {
        ...closed,
        minProperties: 1,
        maxProperties: 1,
        properties: { header: field, cookie: field },
      },
    },
  },
} as const;

export interface TargetParams {
  readonly service: string;
  readonly environment: string;
}
export interface SlotParams extends TargetParams {
  readonly slot: string;
}
export interface SlotBody {
  readonly release: string;
  readonly members: readonly string[];
}
export interface SplitBody {
  readonly shares: Readonly<Record<string, number>>;
  readonly candidate: string;
  readonly salt: string;
  readonly user_key: readonly ({ readonly header: string } | { readonly cookie: string })[];
}
