import { once } from 'node:events';
import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Mail } from '../../domain/notification.js';
import type { Notifier, Sent } from '../../domain/notifier.js';
import { ShipwayError } from '../../errors.js';
import { redactorOf } from '../../redacted.js';

/** A mail server, with the password that the policy refers to. */
export interface MailServer extends Omit<Mail, 'login'> {
  readonly login?: { readonly user: string; readonly password: string };
}
const ANSWER_MS = 15_000;

/**
 * Mail by SMTP. What comes twice is delivered twice. Until the server has been given the message itself it surely has none; from there
 * on only its own word says what became of it.
 */
export const emailNotifier = (server: MailServer): Notifier => ({
  async send(sent, signal) {
    const message = await composed(server, sent);
    const going = { begun: false };
    const connection = new SMTPConnection(optionsOf(server));
    try {
      signal.throwIfAborted();
      const refused = await Promise.race([
        delivered(connection, server, lazily(message, going)),
        abortOf(signal),
      ]);
      if (refused.length > 0) throw new ShipwayError('notification.refused', partly(server, refused));
    } catch (error) {
      if (error instanceof ShipwayError) throw error;
      if (signal.aborted && !isTimeout(error)) throw signal.reason;
      throw asFailure(error, server, going.begun);
    } finally {
      connection.close();
    }
  },
});

/** What was not begun in its time was surely not taken; any other end from outside is the caller's. */
const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

const partly = ({ host, port }: MailServer, refused: readonly string[]): string =>
  `${host}:${String(port)} took it for the others, and refused ${refused.join(', ')}`;

const abortOf = async (signal: AbortSignal): Promise<never> => {
  await once(signal, 'abort');
  throw signal.reason;
};

const optionsOf = ({ host, port, tls }: MailServer) => ({
  ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
  ...{ connectionTimeout: ANSWER_MS, greetingTimeout: ANSWER_MS, socketTimeout: ANSWER_MS },
});

/** Headers are the library's to encode; none can be made of a title. */
function composed({ from, to }: MailServer, { id, notice, link }: Sent): Promise<Buffer> {
  const { title, lines, service, environment, workflow } = notice;
  const text = [title, '', ...lines, ...(link === undefined ? [] : ['', link]), '', `(${workflow})`].join(
    '\n',
  );
  return new MailComposer({
    ...{ from, to: [...to], subject: `[shipway] ${title}`, text, date: new Date(notice.at) },
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Shipway-Message': id,
      'X-Shipway-Target': `${service}/${environment}`,
    },
  })
    .compile()
    .build();
}

/** Read from when the server asks for the message, and not before. */
const lazily = (message: Buffer, going: { begun: boolean }): Readable =>
  Readable.from(
    (function* () {
      going.begun = true;
      yield message;
    })(),
  );

/** Gives those for whom the server did not take it, although it took it for others. */
async function delivered(
  connection: SMTPConnection,
  { from, to, login }: MailServer,
  message: Readable,
): Promise<readonly string[]> {
  const failed = once(connection, 'error').then(([error]) => {
    throw error as Error;
  });
  const said = <T>(
    ask: (done: (error: Error | null | undefined, value?: T) => void) => void,
  ): Promise<T | undefined> =>
    Promise.race([
      failed,
      new Promise<T | undefined>((resolve, reject) => {
        ask((error, value) => {
          if (error instanceof Error) reject(error);
          else resolve(value);
        });
      }),
    ]);
  await said((done) => {
    connection.connect(done);
  });
  if (login !== undefined)
    await said((done) => {
      connection.login({ user: login.user, pass: login.password }, done);
    });
  const sent = await said<SMTPConnection.SentMessageInfo>((done) => {
    connection.send({ from: addressOf(from), to: to.map(addressOf) }, message, done);
  });
  connection.quit();
  return sent?.rejected ?? [];
}

/** `Name <mail@example.com>` is `mail@example.com` to servers. */
const addressOf = (text: string): string => /<([^<>]+)>\s*$/.exec(text)?.[1] ?? text;

interface Failed {
  readonly message?: string;
  readonly responseCode?: number;
}
const PERMANENT = 500;

function asFailure(error: unknown, { host, port, login }: MailServer, begun: boolean): ShipwayError {
  const { message = '', responseCode } = error as Failed;
  const said = redactorOf(login === undefined ? [] : [login.password])
    .text(message)
    .slice(0, 300);
  const why = `${host}:${String(port)}: ${said}`;
  if (responseCode === undefined)
    return new ShipwayError(begun ? 'notification.unknown' : 'notification.unavailable', why);
  return new ShipwayError(
    responseCode >= PERMANENT ? 'notification.refused' : 'notification.unavailable',
    why,
  );
}
