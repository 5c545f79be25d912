import type { FastifyRequest } from 'fastify';
import type { AuditEntry } from '../domain/audit.js';
import type { Json } from '../domain/canonical.js';
import type { TargetRef } from '../domain/ids.js';
import { malformed, misdirected, outOfTime, type Statement, type Verb } from '../domain/statement.js';
import type { Store } from '../domain/store.js';
import { digestOf } from '../hash.js';
import { Refused } from './failure.js';
import { given } from './given.js';

/** The statement asks for exactly this, now, and for the first time. `about`: what it is about, as the audit has it. */
export async function accepted<Wish extends { readonly wish: Verb }>(
  { nonces }: Pick<Store, 'nonces'>,
  said: unknown,
  wish: Wish,
  about: string,
): Promise<Statement> {
  const refused = (why: string): Refused =>
    new Refused(403, 'statement.refused', why, 'make a new statement: give the command again');
  const shape = malformed(said);
  if (shape !== undefined) throw refused(shape);
  const by = said as Statement;
  const why = outOfTime(by, Date.now()) ?? misdirected(by, wish.wish, digestOf(wish));
  if (why !== undefined) throw refused(why);
  const claim = await nonces.claim(by.nonce, about, `${wish.wish}/${by.on}`);
  if (claim === 'claimed') return by;
  throw refused('this statement has been used before');
}

/** What is changed at a person's word, as the audit has it. */
export interface Asked extends Partial<TargetRef> {
  readonly by: Statement;
  readonly about: string;
  readonly event: 'secret.set' | 'secret.removed' | 'flag.set';
  readonly details: { readonly [key: string]: Json };
}

/** Intent in the audit before, result after, with what `act` says of it: without the store nothing is changed. */
export async function recorded<T>(
  { audit }: Pick<Store, 'audit'>,
  request: FastifyRequest,
  { by, about, event, details, service = '', environment = '' }: Asked,
  act: () => Promise<T>,
  result: (of: T) => Asked['details'] = () => ({}),
): Promise<T> {
  const write = (event_type: string, more: AuditEntry['details']): Promise<void> =>
    audit.append([
      {
        ...{ key: `${about}/${by.nonce}/${event_type}`, event_type, workflow: about },
        ...{ timestamp: new Date().toISOString(), user: by.person, service, environment, version: '' },
        ...{ details: { ...more, ...given({ reason: by.reason }) }, statement: by, ip_address: request.ip },
        ...given({ user_agent: request.headers['user-agent']?.slice(0, MOST_AGENT) }),
      },
    ]);
  await write('effect.intent', { effect: event, ...details });
  const done = await act();
  await write(event, { ...details, ...result(done) });
  return done;
}
const MOST_AGENT = 200;
