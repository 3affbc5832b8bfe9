import { expect, it } from 'vitest';
import { readQuery } from './read-request.js';

it('gives a query as a plain object, repeated names as a list, and no way to a prototype', () => {
  expect(readQuery('/x?a=1&b=%20x&a=2&empty=')).toEqual({ a: ['1', '2'], b: ' x', empty: '' });
  const query = readQuery('/x?__proto__=evil&constructor=1');
  expect(Object.keys(query)).toEqual(['__proto__', 'constructor']);
  expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
});
