import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import {
  answer,
  BAD_TARGET,
  BODY_NOT_FORWARDED,
  NO_CONNECTION,
  NO_MEMBER,
  NO_ROOM,
  NO_SLOT,
  NO_TIME,
} from './answers.js';
import { blameOf, wantOf } from './blame.js';
import { requestHeaders, responseHeaders } from './forwarded.js';
import type { Ending, Metrics, Series } from './metrics.js';
import type { Route, Routed } from './routing.js';
import type { TargetName } from './state.js';
import type { Passage, Traffic } from './traffic.js';

export interface Forwarding {
  readonly target: TargetName;
  /** The target's route at this moment; `undefined` when it is gone. */
  readonly route: () => Route | undefined;
  readonly traffic: Traffic;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** RFC 9110, 9.2.2: a proxy repeats only what has the same effect twice. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Sends each request to a member of the slot that its user belongs to, members in turn. When the connection fails before an answer and the
 * request may be repeated (idempotent, without a body), the next member of the same slot gets it, once; else the user gets 502.
 */
export function forwarder(deps: Forwarding): (request: FastifyRequest, reply: FastifyReply) => void {
  const turns = new Map<string, number>();
  const warn = sparing(WARN_EVERY_MS, (about) => {
    deps.log.warn(about, 'no answer from a member');
  });
  const full = sparing(FULL_EVERY_MS, (about) => {
    deps.log.error(about, wantOf(about.code));
  });
  /** A second try is no turn of its own: of two members, one that is down would otherwise be first every time. */
  const membersFrom = ({ slot }: Routed): { first: string; second: string } => {
    const turn = turns.get(slot.slot) ?? 0;
    turns.set(slot.slot, turn + 1);
    const at = (n: number): string => slot.members[n % slot.members.length] ?? '';
    return { first: at(turn), second: at(turn + 1) };
  };
  return (request, reply) => {
    const withBody = carriesBody(request);
    if (withBody && (request.method === 'GET' || request.method === 'HEAD')) {
      answer(reply, BODY_NOT_FORWARDED);
      return;
    }
    const routed = deps.route()?.(request.raw);
    if (routed === undefined || routed.slot.members.length === 0) {
      answer(reply, routed === undefined ? NO_SLOT : NO_MEMBER);
      return;
    }
    if (withBody) request.body = request.raw;
    const mayRepeat = !withBody && IDEMPOTENT.has(request.method);
    const { first, second } = membersFrom(routed);
    const passing = new Passing(deps, routed, first, reply);
    send({ reply, passing, routed, member: first, warn, full, second: mayRepeat ? second : undefined });
  };
}

interface Sending {
  readonly reply: FastifyReply;
  readonly passing: Passing;
  readonly routed: Routed;
  readonly member: string;
  readonly warn: (about: Failed) => void;
  readonly full: (about: Failed) => void;
  /** The member to try after this one; absent: there is no second try. */
  readonly second: string | undefined;
}

function send(s: Sending): void {
  const { reply, passing, routed, member } = s;
  try {
    reply.from(undefined, {
      getUpstream: () => member,
      // The library would repeat a 503 of the service up to ten times by itself.
      retryDelay: () => null,
      rewriteRequestHeaders: (request, headers) =>
        requestHeaders(headers, {
          host: request.headers.host,
          ip: request.ip,
          httpVersion: request.raw.httpVersion,
        }),
      rewriteHeaders: (headers) => responseHeaders(headers, routed.setCookie),
      onResponse: (_request, _reply, response) => {
        passing.answered(response);
      },
      onError: (_reply, { error }) => {
        failed(s, error);
      },
    });
  } catch {
    // Only the check of the request's path throws here; nothing has been sent.
    passing.ending = 'answered';
    answer(reply, BAD_TARGET);
  }
}

function failed(s: Sending, error: Error): void {
  const { reply, passing, second } = s;
  if (reply.raw.destroyed || reply.sent) return;
  const code = codeOf(error);
  const blame = blameOf(code);
  if (blame === 'unsent') {
    s.full({ code });
    passing.ending = 'unsent';
    answer(reply, NO_ROOM);
    return;
  }
  s.warn({ slot: s.routed.slot.slot, member: s.member, code });
  if (second !== undefined && blame === 'connection') {
    passing.retryOn(second);
    send({ ...s, member: second, second: undefined });
    return;
  }
  passing.ending = 'connection';
  answer(reply, blame === 'late' ? NO_TIME : NO_CONNECTION);
}

interface Answered {
  readonly statusCode: number;
  readonly stream: NodeJS.ReadableStream;
}

/** One request's trace in the counters, from here to the close of its response. */
class Passing {
  ending: Ending = 'aborted';
  readonly #reply: FastifyReply;
  readonly #passage: Passage;
  readonly #series: Series;

  constructor(
    { target, traffic, metrics }: Forwarding,
    { slot, user }: Routed,
    member: string,
    reply: FastifyReply,
  ) {
    const begun = performance.now();
    this.#reply = reply;
    this.#passage = traffic.begin(target, slot.slot, member);
    this.#series = metrics.series(target, slot.slot, slot.release);
    this.#series.begin();
    reply.raw.once('close', () => {
      this.#passage.end();
      // A user who leaves tells nothing of an answer that was still good; one that was bad already stays bad.
      const left = this.ending === 'answered' && !reply.raw.writableFinished;
      this.#series.end(left ? 'aborted' : this.ending, (performance.now() - begun) / 1_000, user);
    });
  }

  retryOn(member: string): void {
    this.#series.retried();
    this.#passage.moveTo(member);
  }

  answered({ statusCode, stream }: Answered): void {
    this.ending = statusCode >= 500 ? '5xx' : 'answered';
    stream.on('error', (error) => {
      if (codeOf(error) !== 'UND_ERR_ABORTED') this.ending = 'connection';
    });
    this.#reply.send(stream);
  }
}

function carriesBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The library wraps undici's error; the original's code says what happened. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && !code.startsWith('FST_')) return code;
  }
  return 'unknown';
}

const WARN_EVERY_MS = 1_000;
const FULL_EVERY_MS = 60_000;

interface Failed {
  readonly code: string;
  readonly slot?: string;
  readonly member?: string;
  /** Of those that were not told of. */
  readonly alsoFailed?: number;
}

/** What fails every request is said once in a while, with the number of those left out. */
function sparing(everyMs: number, say: (about: Failed) => void): (about: Failed) => void {
  let last = -Infinity;
  let silent = 0;
  return (about) => {
    const now = performance.now();
    if (now - last < everyMs) {
      silent += 1;
      return;
    }
    say({ ...about, alsoFailed: silent });
    last = now;
    silent = 0;
  };
}
