/** Whose failure it is that a request had no answer of its member, and what may be done about it. */
export type Blame =
  /** The gateway's own: it could not send the request, whoever it was for. */
  | 'unsent'
  /** No answer, and no more to come on that connection: another member may be asked. */
  | 'connection'
  /** The member took too long. */
  | 'late'
  | 'other';

const CONNECTION = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
];
const LATE = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/** What the machine has run out of, by the code of the error, and what to do. */
const UNSENT: ReadonlyMap<string, string> = new Map([
  ...['EMFILE', 'ENFILE'].map(
    (code) =>
      [code, 'no file descriptor is left: raise the hard limit of open files (`ulimit -Hn`)'] as const,
  ),
  [
    'EADDRNOTAVAIL',
    'no local port is left for another connection to a member: widen `net.ipv4.ip_local_port_range`',
  ],
]);

/** By the code of Node's or undici's error. */
export function blameOf(code: string): Blame {
  if (UNSENT.has(code)) return 'unsent';
  if (CONNECTION.includes(code)) return 'connection';
  return LATE.includes(code) ? 'late' : 'other';
}

/** Of what was not sent. */
export const wantOf = (code: string): string => UNSENT.get(code) ?? code;
