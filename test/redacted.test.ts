import { expect, test } from 'vitest';
import { redactorOf } from '../src/redacted.js';

const URL = 'postgres://app:p%40ss-word@db/shop?x="1"';
const PEM = '-----BEGIN KEY-----\nMIIBVQIBADANBgkqhki\nG9w0BAQEFAASCAT8w\n-----END KEY-----\n';

test.each([
  ['as it is', `cannot reach ${URL}!`, 'cannot reach [secret]!'],
  ['in JSON', JSON.stringify({ url: URL }), '{"url":"[secret]"}'],
  ['in an address', `/?to=${encodeURIComponent(URL)}&x=1`, '/?to=[secret]&x=1'],
  ['in base64', Buffer.from(URL).toString('base64'), '[secret]=='],
  ['in base64 for addresses', Buffer.from(URL).toString('base64url'), '[secret]'],
  [
    'its password alone',
    'password "p%40ss-word" refused, or p@ss-word',
    'password "[secret]" refused, or [secret]',
  ],
  ['one of its lines', 'unexpected G9w0BAQEFAASCAT8w', 'unexpected [secret]'],
  ['of several lines', PEM, '[secret]'],
  ['nothing of it', 'all is well', 'all is well'],
])('a secret %s', (_, text, without) => {
  expect(redactorOf([URL, PEM]).text(text)).toBe(without);
});

test('the end of a longer text: what is perhaps the end of a value is left out', () => {
  const { end, longest } = redactorOf(['abcdefgh']);
  const cut = 'efgh then abcdefgh and more of it';
  expect(end(cut)).not.toContain('efgh');
  expect(end(cut).endsWith('[secret] and more of it')).toBe(true);
  expect(longest).toBeGreaterThanOrEqual(8);
  expect(redactorOf([]).text('\0')).toBe('\0');
});
