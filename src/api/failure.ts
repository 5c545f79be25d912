import { z } from 'zod';
import { FAILURES, type FailureType } from '../domain/failures.js';
import { ShipwayError } from '../errors.js';

/** What every refused request is answered with. */
export interface ApiError {
  readonly error: { readonly type: string; readonly message: string; readonly next: string };
}

/** What to do about a request that no version of ours sends. */
export const AS_OURS = 'ask with the `shipway` of the worker’s version';

/** A request that is wrong in itself. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly type: string;
  readonly next: string;

  constructor(status: number, type: string, message: string, next: string) {
    super(message);
    this.status = status;
    this.type = type;
    this.next = next;
  }
}

const STATUS: Partial<Record<FailureType, number>> = {
  'artifact.missing': 404,
  'artifact.mismatch': 422,
  'disk.full': 507,
  'flag.unknown': 404,
  'policy.unknown_environment': 403,
  'store.unavailable': 503,
  'secrets.unavailable': 503,
  'temporal.unavailable': 503,
};
/** What the framework itself refuses, by its status. */
const NEXT: Readonly<Record<number, string>> = {
  400: 'correct the request as the message says',
  413: 'send less at once',
  415: 'send JSON with content-type application/json',
};

/** A caught error as status and answer. Of an unforeseen one the client learns nothing but that it is one. */
export function answerOf(error: unknown): { readonly status: number; readonly body: ApiError } {
  if (error instanceof Refused) return answer(error.status, error.type, error.message, error.next);
  if (error instanceof ShipwayError)
    return answer(STATUS[error.type] ?? 500, error.type, error.message, FAILURES[error.type].next);
  if (error instanceof z.ZodError)
    return answer(400, 'request.invalid', problems(error), 'correct the request as the message says');
  const status = statusOf(error);
  if (error instanceof Error && status !== undefined)
    return answer(status, 'request.invalid', error.message, NEXT[status] ?? AS_OURS);
  return answer(
    500,
    'internal.bug',
    'the request met an error that nobody foresaw',
    'see the log of the worker',
  );
}

const answer = (status: number, type: string, message: string, next: string) => ({
  status,
  body: { error: { type, message, next } },
});

const problems = ({ issues }: z.ZodError): string =>
  issues
    .map((i) => (i.path.length === 0 ? i.message : `${i.path.map(String).join('.')}: ${i.message}`))
    .join('; ');

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
