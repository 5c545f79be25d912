import { expect, test } from 'vitest';
import { blameOf, wantOf } from '../../src/gateway/blame.js';

test.each([
  ['EMFILE', 'unsent'],
  ['ENFILE', 'unsent'],
  ['EADDRNOTAVAIL', 'unsent'],
  ['ECONNREFUSED', 'connection'],
  ['ECONNRESET', 'connection'],
  ['UND_ERR_SOCKET', 'connection'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connection'],
  ['UND_ERR_HEADERS_TIMEOUT', 'late'],
  ['UND_ERR_BODY_TIMEOUT', 'late'],
  ['UND_ERR_INVALID_ARG', 'other'],
  ['unknown', 'other'],
])('%s: %s', (code, blame) => {
  expect(blameOf(code)).toBe(blame);
});

test('what the machine has run out of is named with what to do', () => {
  expect(wantOf('ENFILE')).toContain('ulimit -Hn');
  expect(wantOf('EADDRNOTAVAIL')).toContain('net.ipv4.ip_local_port_range');
});
