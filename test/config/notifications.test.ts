import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../src/config/document.js';
import { unheardIn } from '../../src/config/index.js';
import { policy, policyProblems } from './texts.js';

const text = (channels: string, notify = '', more = ''): string =>
  `environments: { p: { identity: asserted${notify && `, notify: { ${notify} }`} } }
notifications: { channels: ${channels}${more} }`;
const MAIL = 'host: smtp.example.com, from: a@example.com, to: [b@example.com]';

describe('channels', () => {
  test.each([
    ['slack: { webhook: SHIPWAY_NOTIFY_OPS }', { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' }],
    ['webhook: { url: /run/secrets/hook }', { kind: 'webhook', url: '/run/secrets/hook' }],
    [
      'pagerduty: { routing_key: SHIPWAY_NOTIFY_P }',
      { kind: 'pagerduty', routingKey: 'SHIPWAY_NOTIFY_P', url: 'https://events.pagerduty.com/v2/enqueue' },
    ],
    [
      `email: { ${MAIL} }`,
      {
        ...{ kind: 'email', host: 'smtp.example.com', port: 587, tls: 'starttls' },
        ...{ from: 'a@example.com', to: ['b@example.com'] },
      },
    ],
    [
      `email: { ${MAIL}, port: 465, tls: implicit, user: u, password: SHIPWAY_NOTIFY_M }`,
      { port: 465, tls: 'implicit', login: { user: 'u', password: 'SHIPWAY_NOTIFY_M' } },
    ],
  ])('%s', (given, channel) => {
    expect(policy(text(`{ ops: { ${given} } }`))).toMatchObject({
      value: { notifications: { channels: { ops: channel }, pageEveryMs: 900_000 } },
    });
  });

  test.each([
    [
      'a secret itself',
      'slack: { webhook: https://hooks.slack.com/services/T/B/X }',
      'it is no name of a variable SHIPWAY_NOTIFY_…',
    ],
    [
      'another variable of the worker',
      'slack: { webhook: DATABASE_URL }',
      'it is no name of a variable SHIPWAY_NOTIFY_…',
    ],
    ['a credential of triggers', 'webhook: { url: SHIPWAY_TRIGGER_X }', 'try SHIPWAY_NOTIFY_HOOK'],
    [
      'no kind',
      '',
      'notifications.channels.ops: it does not say what it is; try one of slack, pagerduty, email, webhook',
    ],
    [
      'two kinds',
      'slack: { webhook: SHIPWAY_NOTIFY_A }, webhook: { url: SHIPWAY_NOTIFY_B }',
      'it is slack and webhook at once; try a channel for each',
    ],
    ['an unknown kind', 'slak: { webhook: SHIPWAY_NOTIFY_A }', 'there is no key "slak"; try slack'],
    ['no people', 'email: { host: h, from: a@b.c, to: [] }', 'email.to'],
    [
      'what is no address',
      'email: { host: h, from: a@b.c, to: [ops] }',
      '"ops" is no mail address; try ops@example.com',
    ],
    [
      'a second header',
      'email: { host: h, from: "a@b.c\\r\\nBcc: x@y.z", to: [a@b.c] }',
      'a character that is not seen',
    ],
    [
      'a host with a path',
      `email: { ${MAIL.replace('smtp.example.com', '"smtp://h"')} }`,
      'is no name of a host',
    ],
    [
      'a user alone',
      `email: { ${MAIL}, user: u }`,
      'user and password belong together; try both, or neither',
    ],
    [
      'a password in the clear',
      `email: { ${MAIL}, tls: none, user: u, password: SHIPWAY_NOTIFY_M }`,
      'the password would be sent in the clear; try starttls or implicit',
    ],
  ])('refused with %s', (_, given, problem) => {
    expect(policyProblems(text(`{ ops: { ${given} } }`))).toContain(problem);
  });

  test('what looks like the secret is in no message', () => {
    expect(
      policyProblems(text('{ ops: { slack: { webhook: https://hooks.slack.com/services/T/B/X } } }')),
    ).not.toContain('T/B/X');
  });

  test('a name that is none, and a time that is too short', () => {
    const wrong = policyProblems(
      text('{ Ops: { slack: { webhook: SHIPWAY_NOTIFY_A } } }', '', ', page_every: 1s'),
    );
    expect(wrong).toContain('"Ops" is no name; try ops');
    expect(wrong).toContain('notifications.page_every: 1s is too little');
  });
});

describe('who is told what', () => {
  const OPS =
    '{ ops: { slack: { webhook: SHIPWAY_NOTIFY_A } }, pager: { webhook: { url: SHIPWAY_NOTIFY_B } } }';

  test('is said by event, each channel once; nothing is said for what is not there', () => {
    const loaded = policy(text(OPS, 'approval_asked: [ops, ops], undo_failed: [ops, pager], drift: []'));
    expect(loaded).toMatchObject({
      value: { environments: { p: { notify: { approval_asked: ['ops'], undo_failed: ['ops', 'pager'] } } } },
    });
    expect(loaded.ok && Object.keys(loaded.value.environments['p']?.notify ?? {})).toHaveLength(2);
  });

  test.each([
    [
      text(OPS, 'drift: [opps]'),
      '1:60 environments.p.notify.drift[0]: notifications has no channel opps; try ops',
    ],
    [
      'environments: { p: { identity: asserted, notify: { drift: [ops] } } }',
      'notifications has no channel ops; try a channel ops under notifications.channels',
    ],
    [text(OPS, 'rolledback: [ops]'), 'there is no key "rolledback"; try rolled_back'],
    [text(OPS, 'drift: ops'), 'environments.p.notify.drift'],
  ])('%s is refused', (given, problem) => {
    expect(policyProblems(given)).toContain(problem);
  });
});

test('a channel by which nobody is told anything is noted', () => {
  const given = text(
    '{ ops: { slack: { webhook: SHIPWAY_NOTIFY_A } }, idle: { webhook: { url: /h } } }',
    'drift: [ops]',
  );
  const loaded = policy(given);
  const notes = loaded.ok ? unheardIn('f', parseDocument('f', given), loaded.value) : [];
  expect(notes).toMatchObject([
    { line: 2, path: 'notifications.channels.idle', message: 'nobody is told anything there' },
  ]);
});
