import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { emailNotifier, type MailServer } from '../../src/adapters/notifiers/email.js';
import { pagerdutyNotifier } from '../../src/adapters/notifiers/pagerduty.js';
import { slackNotifier } from '../../src/adapters/notifiers/slack.js';
import { webhookNotifier } from '../../src/adapters/notifiers/webhook.js';
import { within } from '../../src/within.js';
import { NOTICE, SENT, notifierContract, type Received } from '../contracts/notifier.js';
import { ANY, PAGERDUTY, SLACK, httpChannel, type Request } from '../support/http-channel.js';
import { NOBODY, smtpChannel, type Mailed } from '../support/smtp-channel.js';

const never = new AbortController().signal;

notifierContract('slack', { takesEnds: false }, async () => {
  const vendor = await httpChannel(SLACK);
  const secret = 'T000/B000/the-secret';
  return {
    notifier: slackNotifier({ webhook: `${vendor.address}/services/${secret}` }),
    get received(): readonly Received[] {
      return vendor.requests.map(({ body }) => {
        const text = String(body['text']);
        return { title: text.split('\n')[0]?.replaceAll('&lt;', '<') ?? '', text };
      });
    },
    ...{ take: vendor.take, secret, end: vendor.end },
  };
});

const ROUTING_KEY = 'f'.repeat(32);
notifierContract('pagerduty', { takesEnds: true }, async () => {
  const vendor = await httpChannel(PAGERDUTY);
  const eventOf = ({ body }: Request): Received => {
    const { summary = '' } = (body['payload'] ?? {}) as { summary?: string };
    const text = JSON.stringify({ ...body, routing_key: '' });
    return {
      title: summary,
      text,
      key: String(body['dedup_key']),
      closes: body['event_action'] === 'resolve',
    };
  };
  return {
    notifier: pagerdutyNotifier({ routingKey: ROUTING_KEY, url: `${vendor.address}/v2/enqueue` }),
    get received(): readonly Received[] {
      return vendor.requests.map(eventOf);
    },
    ...{ take: vendor.take, secret: ROUTING_KEY, end: vendor.end },
  };
});

notifierContract('webhook', { takesEnds: true }, async () => {
  const vendor = await httpChannel(ANY);
  return {
    notifier: webhookNotifier({ url: `${vendor.address}/hook?key=the-secret` }),
    get received(): readonly Received[] {
      return vendor.requests.map(({ body }) => ({
        title: String(body['title']),
        text: JSON.stringify(body),
        key: String(body['about']),
        closes: body['state'] === 'closed',
      }));
    },
    ...{ take: vendor.take, secret: 'the-secret', end: vendor.end },
  };
});

const mail = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  ...{ host: '127.0.0.1', port, tls: 'none', from: 'shipway <shipway@example.com>' },
  ...{ to: ['ops@example.com', 'On Call <on-call@example.com>'], ...more },
});
const PASSWORD = 'the password';
const decoded = ({ raw }: Mailed): Received => {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const subject = /^Subject: ((?:.*\r\n[ \t])*.*)$/m.exec(head)?.[1] ?? '';
  const words = subject
    .replace(/\r\n[ \t]/g, '')
    .replace(/=\?UTF-8\?Q\?(.*?)\?=/g, (_, q: string) => quoted(q));
  return { title: words.replaceAll('_', ' '), text: quoted(body.join('\n')) };
};
const quoted = (text: string): string =>
  Buffer.from(
    text
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

notifierContract('email', { takesEnds: false }, async () => {
  const server = await smtpChannel(PASSWORD);
  return {
    notifier: emailNotifier(mail(server.port, { login: { user: 'user', password: PASSWORD } })),
    get received(): readonly Received[] {
      return server.mails.map(decoded);
    },
    ...{ take: server.take, secret: PASSWORD, end: server.end },
  };
});

test.each([
  ['an answer of a receiver', 'http://HOST/hooks/s3cret?key=other-s3cret', 'notification.refused', '410: '],
  ['a short one alone', 'http://HOST/s3cr', 'notification.refused', '410: '],
  ['an address with a password', 'http://user:s3cret@HOST/hooks', 'notification.refused', 'before its host'],
])('no secret of an address is told: %s', async (_, url, type, told) => {
  const vendor = await httpChannel(ANY);
  vendor.take('refuse');
  const failed: unknown = await webhookNotifier({ url: url.replace('HOST', new URL(vendor.address).host) })
    .send(SENT, never)
    .catch((error: unknown) => error);
  await vendor.end();
  expect(failed).toMatchObject({ type });
  expect(String(failed)).toContain(told);
  expect(String(failed)).not.toContain('s3cr');
});

test('Slack calls nobody and hides no address, whatever a text says', async () => {
  const vendor = await httpChannel(SLACK);
  const lines = ['<!channel> & <https://evil.example|click>', 'shipway `x`'];
  const notice = { ...NOTICE, title: 'v2 <@U1>', lines };
  await slackNotifier({ webhook: vendor.address }).send({ ...SENT, notice }, never);
  await vendor.end();
  expect(vendor.requests[0]?.body['text']).toBe(
    [
      ':x: *v2 &lt;@U1&gt;*',
      '&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;',
      "`shipway 'x'`",
      '<https://ui.example/workflows/1|see it in Temporal>',
    ].join('\n'),
  );
});

test('mail has its people, one subject, and marks itself as sent by a machine', async () => {
  const server = await smtpChannel(PASSWORD);
  await emailNotifier(mail(server.port)).send(SENT, never);
  await server.end();
  const [{ from, to, raw } = expect.fail('no mail')] = server.mails;
  expect({ from, to }).toEqual({
    from: 'shipway@example.com',
    to: ['ops@example.com', 'on-call@example.com'],
  });
  const [head = ''] = raw.split('\r\n\r\n');
  expect(head).toMatch(/^Auto-Submitted: auto-generated$/m);
  expect(head).toContain(`X-Shipway-Message: ${SENT.id}`);
  expect(head).toContain('From: shipway <shipway@example.com>');
});

test('a mail that one of two was refused is refused, and names whom; the other has it', async () => {
  const server = await smtpChannel(PASSWORD);
  const failed: unknown = await emailNotifier(mail(server.port, { to: ['ops@example.com', NOBODY] }))
    .send(SENT, never)
    .catch((error: unknown) => error);
  await server.end();
  expect(failed).toMatchObject({ type: 'notification.refused' });
  expect(String(failed)).toContain(`refused ${NOBODY}`);
  expect(server.mails.map(({ to }) => to)).toEqual([['ops@example.com']]);
});

test('of a server that says nothing until the time is over, no mail was taken', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const notifier = emailNotifier(mail((server.address() as AddressInfo).port));
  await expect(within(50, undefined, (signal) => notifier.send(SENT, signal))).rejects.toMatchObject({
    type: 'notification.unavailable',
  });
  server.close();
});

test.each([
  ['another password', { login: { user: 'user', password: 'wrong' } }, 'notification.refused', 'wrong'],
  ['a certificate that nobody knows', { tls: 'starttls' }, 'notification.unavailable', PASSWORD],
  ['no TLS where it is to begin with it', { tls: 'implicit' }, 'notification.unavailable', PASSWORD],
] as const)('a mail server with %s gets no mail: %s', async (_, more, type, secret) => {
  const server = await smtpChannel(PASSWORD);
  const failed: unknown = await emailNotifier(mail(server.port, more))
    .send(SENT, never)
    .catch((error: unknown) => error);
  await server.end();
  expect(failed).toMatchObject({ type });
  expect(String(failed)).not.toContain(secret);
  expect(server.mails).toEqual([]);
});

test.each([
  [500, 'notification.unknown', 'notification.unavailable'],
  [503, 'notification.unknown', 'notification.unavailable'],
  [302, 'notification.refused', 'notification.refused'],
  [410, 'notification.refused', 'notification.refused'],
])(
  'an answer %i: %s at Slack, which posts twice what comes twice, %s at PagerDuty',
  async (code, slack, pager) => {
    const vendor = await httpChannel({ ...ANY, well: [code, 'no'] });
    const to = [
      slackNotifier({ webhook: vendor.address }),
      pagerdutyNotifier({ routingKey: ROUTING_KEY, url: vendor.address }),
    ];
    for (const [i, type] of [slack, pager].entries())
      await expect(to[i]?.send(SENT, never)).rejects.toMatchObject({ type });
    expect(vendor.requests).toHaveLength(2);
    await vendor.end();
  },
);

test('a key of PagerDuty is never too long, and the same for the same', async () => {
  const vendor = await httpChannel(PAGERDUTY);
  const notifier = pagerdutyNotifier({ routingKey: ROUTING_KEY, url: `${vendor.address}/v2/enqueue` });
  for (const about of ['a'.repeat(300), 'a'.repeat(300), 'b'.repeat(300)])
    await notifier.send({ ...SENT, about, notice: NOTICE }, never);
  await vendor.end();
  const [first, again, other] = vendor.requests.map(({ body }) => body['dedup_key']);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test.each(['no address', 'file:///etc/passwd', 'ftp://x/the-secret'])(
  'a credential that is no address of HTTP is refused without being named: %s',
  async (webhook) => {
    const failed: unknown = await slackNotifier({ webhook })
      .send(SENT, never)
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ type: 'notification.refused' });
    expect(String(failed)).not.toContain(webhook);
  },
);
