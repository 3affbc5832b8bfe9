import { describe, expect, it } from 'vitest';
import { isNestedDeeper } from './nesting.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('isNestedDeeper', () => {
  it('counts lists and objects, to the level', () => {
    expect(isNestedDeeper(nested(3), 3)).toBe(false);
    expect(isNestedDeeper(nested(4), 3)).toBe(true);
    expect(isNestedDeeper({ a: { b: { c: 1 } } }, 3)).toBe(false);
    expect(isNestedDeeper({ a: { b: { c: [] } } }, 3)).toBe(true);
  });

  it('is not exhausted by a megabyte of brackets', () => {
    expect(isNestedDeeper(nested(500_000), 100)).toBe(true);
  });

  it('takes what is not nested, and bytes, for flat', () => {
    for (const flat of [null, undefined, 1, 'text', Buffer.from('abc')]) expect(isNestedDeeper(flat, 0)).toBe(false);
  });
});
