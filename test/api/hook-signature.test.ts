import { describe, expect, test } from 'vitest';
import { isSigned } from '../../src/api/hook-signature.js';

describe('signatures', () => {
  const signed = (headers: Record<string, string>, text: string, now = 0) => ({
    ...{ headers, now },
    body: Buffer.from(text),
  });
  /** The example of GitHub's own documentation. */
  const GITHUB = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const EVERYBODY = "It's a Secret to Everybody";
  const hub = (signature: string) => ({ 'x-hub-signature-256': signature });
  test.each([
    ['as documented', hub(GITHUB), 'Hello, World!', EVERYBODY, true],
    ['another body', hub(GITHUB), 'Hello, World?', EVERYBODY, false],
    ['another secret', hub(GITHUB), 'Hello, World!', 'another', false],
    ['no secret', hub(GITHUB), 'Hello, World!', '', false],
    ['cut short', hub(GITHUB.slice(0, -1)), 'Hello, World!', EVERYBODY, false],
    ['the older sha1', { 'x-hub-signature': 'sha1=01' }, 'Hello, World!', EVERYBODY, false],
  ])('of GitHub: %s', (_, headers, text, secret, is) => {
    expect(isSigned('github', signed(headers as Record<string, string>, text), secret)).toBe(is);
  });

  /** The example of the Standard Webhooks specification's libraries. */
  const at = 1_614_265_330;
  const text = '{"test": 2432232314}';
  const standard = (more: object = {}) => ({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': String(at),
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    ...more,
  });
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  test.each([
    ['as documented', {}, 0, true],
    ['among others while a token is replaced', { 'webhook-signature': 'v1,b3RoZXI= SIGNATURE' }, 0, true],
    ['another id', { 'webhook-id': 'msg_other' }, 0, false],
    ['five minutes old', {}, 299, true],
    ['older', {}, 301, false],
    ['of the future', {}, -301, false],
    ['no instant', { 'webhook-timestamp': 'now' }, 0, false],
    ['the plain token beside it', { 'webhook-signature': '', 'x-gitlab-token': SECRET }, 0, false],
  ])('of GitLab’s signing tokens: %s', (_, more, later, is) => {
    const headers = standard(more);
    headers['webhook-signature'] = headers['webhook-signature'].replace(
      'SIGNATURE',
      standard()['webhook-signature'],
    );
    expect(isSigned('gitlab', signed(headers, text, (at + later) * 1_000), SECRET)).toBe(is);
  });
});
