import type { FastifyReply } from 'fastify';

/** What the gateway itself says to users, as against what it passes on. */
export interface Answer {
  readonly status: 400 | 500 | 502 | 503 | 504;
  readonly code: string;
  readonly message: string;
}

export const NO_SLOT: Answer = {
  status: 503,
  code: 'no_slot',
  message: 'no slot has a share of the traffic yet',
};
export const NO_MEMBER: Answer = {
  status: 503,
  code: 'no_member',
  message: 'no instance of the service takes requests now',
};
export const NO_ROOM: Answer = {
  status: 503,
  code: 'no_room',
  message: 'the gateway has no room for another connection now',
};
export const NO_CONNECTION: Answer = {
  status: 502,
  code: 'no_connection',
  message: 'the service did not answer: the connection failed',
};
export const NO_TIME: Answer = {
  status: 504,
  code: 'no_answer',
  message: 'the service did not answer in time',
};
export const BODY_NOT_FORWARDED: Answer = {
  status: 400,
  code: 'body_not_forwarded',
  message: 'a GET or HEAD request with a body is not passed on; send the body with another method',
};
export const BAD_TARGET: Answer = {
  status: 400,
  code: 'bad_target',
  message: 'the path of the request is malformed or leads upwards',
};
export const BAD_REQUEST: Answer = {
  status: 400,
  code: 'bad_request',
  message: 'this is not a well-formed HTTP request',
};
export const FAULT: Answer = { status: 500, code: 'fault', message: 'the gateway failed; its log says why' };

const RETRY_AFTER_SECONDS = 1;
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;
const body = ({ code, message }: Answer): string => JSON.stringify({ error: { code, message } });

export function answer(reply: FastifyReply, what: Answer): void {
  if (what.status === 503) reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  reply.code(what.status).headers(HEADERS).send(body(what));
}

/** The same on a bare socket, for bytes that are no request; the connection ends with it. */
export function rawAnswer(what: Answer): string {
  const text = body(what);
  const fields = Object.entries({
    ...HEADERS,
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  });
  return `HTTP/1.1 ${String(what.status)} Bad Request\r\n${fields.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${text}`;
}
