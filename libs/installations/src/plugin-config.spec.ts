import type { JsonObject } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { configChanges, mergePatch } from './plugin-config.js';

describe('a merge patch', () => {
  // The examples of RFC 7396, appendix A, whose target and patch are objects.
  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('turns %j by %j into %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  it('treats __proto__ as any other key', () => {
    const patched = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}') as JsonObject);
    expect(Object.keys(patched)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('changes of settings', () => {
  it('are those of effective values, and say whether the tenant’s own value went', () => {
    const before = { a: 1, b: { c: [1] }, d: 'default', gone: true };
    const after = { a: 2, b: { c: [1] }, d: 'own', fresh: null };
    expect(configChanges(before, after, { a: 2, d: 'own', fresh: null })).toEqual([
      { key: 'a', value: 2, op: 'set' },
      { key: 'd', value: 'own', op: 'set' },
      { key: 'fresh', value: null, op: 'set' },
      { key: 'gone', value: null, op: 'delete' },
    ]);
  });
});
