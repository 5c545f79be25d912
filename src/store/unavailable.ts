import { ShipwayError } from '../errors.js';

/** SQLSTATE classes and codes by which a server says that it cannot serve now: lost connection, no resources, shut down, timed out, a standby. */
const STATES = /^(08|53|58)...$|^(57P0[1-5]|57014|25006)$/;
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
/** pg gives these no code. */
const MESSAGES =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** Turns what says "the database does not answer" into `store.unavailable`; everything else is a bug and stays itself. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error) || !meansUnavailable(error)) return error;
  const why = error.message === '' ? codeOf(error) : error.message;
  return new ShipwayError('store.unavailable', `PostgreSQL did not answer: ${why}`, { cause: error });
}

function meansUnavailable(error: Error): boolean {
  const code = codeOf(error);
  return NETWORK.has(code) || STATES.test(code) || MESSAGES.test(error.message);
}

const codeOf = (error: Error): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
};
