import { expect, test } from 'vitest';
import { pathText, inOrder, type Problem } from '../../src/config/problem.js';
import { looksSecret } from '../../src/config/secrets.js';

test.each([
  ['TOKEN_TTL', '5m'],
  ['PASSWORD_MIN_LENGTH', '8'],
  ['API_KEY_HEADER', 'x-api-key'],
  ['SECRETS_BACKEND', 'vault'],
  ['TOKEN_FILE', '/run/secrets/token'],
  ['MAX_TOKENS', '4096'],
  ['RESET_PASSWORD', 'true'],
  ['DATABASE_URL', 'postgres://app:$DB_PASSWORD@db/shop'],
  ['DATABASE_URL', 'postgres://app:${DB_PASSWORD}@db/shop'],
  ['API_TOKEN', ''],
  ['TOKEN_TEST_MODE', 'sandbox'],
])('%s=%s is no secret', (name, value) => {
  expect(looksSecret(name, value)).toBe(false);
});

test.each([
  ['DB_PASSWORD', 'hunter2'],
  ['dbPassword', 'hunter2'],
  ['API_KEY', 'abc'],
  ['APIKEY', 'abc'],
  ['AWS_SECRET_ACCESS_KEY', 'abc'],
  ['GITHUB_TOKEN', 'abc'],
  ['CLIENT_SECRET', 'abc'],
  ['DATABASE_URL', 'postgres://app:hunter2@db/shop'],
  ['DB_PASSWORD_PROD', 'hunter2'],
  ['DB_PASSWORD_DEVELOPMENT', 'hunter2'],
  ['DB_PASSWORD_PROD_EU', 'hunter2'],
  ['DB_PASSWORD1', 'hunter2'],
  ['API_KEY_2', 'abc'],
  ['X', 'AKIAABCDEFGHIJKLMNOP'],
])('%s=%s looks like one', (name, value) => {
  expect(looksSecret(name, value)).toBe(true);
});

test('a key cannot pretend to be a line of the report', () => {
  const evil = 'x\nshipway.yaml:1:1 ok';
  expect(pathText(['environments', evil, 'bake'])).toBe('environments["x\\nshipway.yaml:1:1 ok"].bake');
  expect(pathText(['stages', 0, 'key_files'])).toBe('stages[0].key_files');
  expect(pathText(['a.b'])).toBe('["a.b"]');
});

test('what is more than can be shown is counted', () => {
  const many = (n: number): readonly Problem[] =>
    Array.from({ length: n }, (_, i) => ({
      ...{ file: 'f', line: i + 1, column: 1, path: 'p' },
      ...{ message: 'm', suggestion: 's' },
    }));
  expect(inOrder(many(100))).toHaveLength(100);
  const shown = inOrder(many(150));
  expect(shown).toHaveLength(100);
  expect(shown.at(-1)).toMatchObject({ line: 100, message: 'and 51 more problems from here on' });
});
