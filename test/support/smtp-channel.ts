import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { Taking } from '../contracts/notifier.js';

export interface Mailed {
  readonly from: string;
  readonly to: readonly string[];
  /** As it was sent: headers and body. */
  readonly raw: string;
}
export interface SmtpChannel {
  readonly port: number;
  readonly mails: readonly Mailed[];
  readonly take: (taking: Taking) => void;
  readonly end: () => Promise<void>;
}

/** Whom the server never knows. */
export const NOBODY = 'nobody@example.com';

/** A real SMTP server with STARTTLS, by the certificate that the library brings for tests, that lets `user` in with `password`. */
export async function smtpChannel(password: string, port = 0): Promise<SmtpChannel> {
  const mails: Mailed[] = [];
  let taking: Taking = 'well';
  const refusal = (code: number, said: string) => Object.assign(new Error(said), { responseCode: code });
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    disableReverseLookup: true,
    allowInsecureAuth: true,
    onAuth: ({ username, password: given }, _, done) => {
      if (username === 'user' && given === password) done(null, { user: 'user' });
      else done(refusal(535, `5.7.8 ${given ?? ''} is no password`));
    },
    onRcptTo: ({ address }, _session, done) => {
      if (taking === 'refuse' || address === NOBODY) done(refusal(550, 'no such user here'));
      else if (taking === 'later') done(refusal(451, 'try again later'));
      else done();
    },
    onData: (stream, session, done) => {
      void text(stream).then((raw) => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), raw });
        if (taking === 'well') done();
        else for (const connection of server.connections) connection.close();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    take: (next) => void (taking = next),
    end: () =>
      new Promise((ended) => {
        server.close(ended);
      }),
  };
}
