import { expect, test } from 'vitest';
import { plain } from '../../src/config/plain.js';

const ring: { inner?: unknown } = {};
ring.inner = { list: [ring] };
class Probe {
  path = '/health';
}
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
const endless = (): unknown => new Proxy({}, { ownKeys: () => ['a'], get: endless });

test.each([
  ['a function', { stages: [() => 1] }, 'stages[0]', 'this is a function'],
  ['a cycle', ring, 'inner.list[0]', 'this is what it is in: it has no end'],
  ['a date', { at: new Date(0) }, 'at', 'this is an object of the class "Date"'],
  ['a map', { environments: new Map() }, 'environments', 'this is an object of the class "Map"'],
  ['an instance', { health: new Probe() }, 'health', 'this is an object of the class "Probe"'],
  ['no number', { replicas: NaN }, 'replicas', 'NaN is no number that a file can hold'],
  ['no end', { replicas: -Infinity }, 'replicas', '-Infinity is no number that a file can hold'],
  ['a bigint', { replicas: 1n }, 'replicas', 'this is a bigint'],
  ['a symbol', { name: Symbol('x') }, 'name', 'this is a symbol'],
  ['a key that is a symbol', { [Symbol('x')]: 1 }, '', 'a key is a symbol'],
  ['nothing in a list', { script: [undefined] }, 'script[0]', 'this is undefined'],
  ['a hole', { script: new Array<string>(1) }, 'script[0]', 'this is undefined'],
  [
    'a key that is a prototype',
    JSON.parse('{"a":{"__proto__":1}}'),
    'a.__proto__',
    '__proto__ cannot be a key',
  ],
  ['what is not seen', { name: 'te\u200bst' }, 'name', '"te\\u200bst" holds a character that is not seen'],
  ['depth', deep(60), '', 'it is too large or too deep for a configuration'],
  ['size', new Array<number>(30_000).fill(1), '', 'it is too large or too deep for a configuration'],
  ['a value without an end', endless(), '', 'it is too large or too deep for a configuration'],
  ['a text', undefined, '', 'this is undefined'],
])('%s is not plain', (_, value, path, message) => {
  expect(plain(value)).toMatchObject({ path, message });
});

test('plain data is copied; what is undefined is not there, and what is there twice is no cycle', () => {
  const shared = { path: '/ready' };
  const value = {
    ...{ service: 'shop', bake: undefined, n: 1, yes: true, nothing: null },
    ...{ list: ['a', shared, shared], bare: Object.assign(Object.create(null) as object, { a: 1 }) },
  };
  expect(plain(value)).toEqual({
    data: {
      ...{ service: 'shop', n: 1, yes: true, nothing: null },
      ...{ list: ['a', { path: '/ready' }, { path: '/ready' }], bare: { a: 1 } },
    },
  });
  expect(Object.keys((plain(value) as { data: object }).data)).not.toContain('bake');
});
