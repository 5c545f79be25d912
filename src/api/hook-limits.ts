import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refused } from './failure.js';

/** How many webhooks are heard. Who may not sign uses nothing up that a signed one needs. */
export interface HookLimits {
  /** Before the body is read: whether the address is over its measure. Fails with `request.too_many` for a large body from there. */
  readonly arrived: (request: FastifyRequest) => Promise<boolean>;
  /** After it is verified: counts for whoever signed it, wherever it comes from. Fails with `request.too_many`. */
  readonly signed: (request: FastifyRequest, signer: string) => Promise<void>;
}

const MOST_A_MINUTE = 300;
const IN = { max: MOST_A_MINUTE, timeWindow: '1 minute' };
/** Of one whose address is over its measure: so much is read and verified all the same, for a signed one may come from there too. */
const MOST_BYTES_OVER = 256 * 1024;

export async function hookLimits(scope: FastifyInstance): Promise<HookLimits> {
  await scope.register(rateLimit, { global: false });
  const signers = new WeakMap<FastifyRequest, string>();
  const byAddress = scope.createRateLimit(IN);
  const bySigner = scope.createRateLimit({
    ...IN,
    keyGenerator: (request) => signers.get(request) ?? request.ip,
  });
  return {
    arrived: async (request) => {
      const is = await byAddress(request);
      const over = !is.isAllowed && is.isExceeded;
      if (over && lengthOf(request) > MOST_BYTES_OVER) throw TOO_MANY;
      return over;
    },
    signed: async (request, signer) => {
      signers.set(request, signer);
      const is = await bySigner(request);
      if (!is.isAllowed && is.isExceeded) throw TOO_MANY;
    },
  };
}

/** A body that comes in chunks does not say how long it is. */
const lengthOf = ({ headers }: FastifyRequest): number =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;

export const TOO_MANY = new Refused(
  429,
  'request.too_many',
  'too many requests in a minute',
  `wait a minute; a signed one of at most ${String(MOST_BYTES_OVER / 1024)} KiB is heard all the same`,
);
