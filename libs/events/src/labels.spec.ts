import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import { readEvent } from './read-event.js';

const labelsOf = (more: JsonObject): unknown => {
  const reading = readEvent({ type: 'a.b', ...more });
  if (!reading.ok) return reading.errors.map(({ pointer }) => pointer).sort();
  const { severity, tags, attributes } = reading.event;
  return { severity, tags, attributes };
};
const cloud = (more: JsonObject): unknown => labelsOf({ specversion: '1.0', id: '1', source: '/s', ...more });
const none = { severity: 'info', tags: [], attributes: {} };

describe("an event's labels", () => {
  it('are info and nothing when they are left out', () => {
    expect(labelsOf({})).toEqual(none);
    expect(labelsOf({ severity: null, tags: null, attributes: null })).toEqual(none);
  });

  it('are kept, a tag that comes twice once', () => {
    expect(
      labelsOf({ severity: 'critical', tags: ['b', 'a x', 'b'], attributes: { trace: 'x', n: 1, on: true } }),
    ).toEqual({
      severity: 'critical',
      tags: ['b', 'a x'],
      attributes: { trace: 'x', n: 1, on: true },
    });
  });

  it.each<[string, JsonObject, string[]]>([
    ['a severity of its own', { severity: 'high' }, ['/severity']],
    ['a severity that is no text', { severity: 3 }, ['/severity']],
    ['tags that are no list', { tags: 'a,b' }, ['/tags']],
    ['33 tags', { tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, ['/tags']],
    [
      'bad tags',
      { tags: ['', ' a', 'a,b', 'x'.repeat(65), 7, 'a\u202eb', 'ok'] },
      [0, 1, 2, 3, 4, 5].map((n) => `/tags/${n}`),
    ],
    ['attributes that are no object', { attributes: ['a'] }, ['/attributes']],
    [
      '33 attributes',
      { attributes: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${n}`, n])) },
      ['/attributes'],
    ],
    ['too many bytes of attributes', { attributes: { a: 'x'.repeat(8200) } }, ['/attributes']],
    [
      'bad attributes',
      { attributes: { 'A-b': 1, id: 'x', deep: {}, list: [], nul: 'a\0', half: '\ud800' } as Json as JsonObject },
      ['A-b', 'deep', 'half', 'id', 'list', 'nul'].map((name) => `/attributes/${name}`),
    ],
  ])('may not be %s', (_what, more, pointers) => {
    expect(labelsOf(more)).toEqual(pointers);
  });
});

describe("a CloudEvent's extensions", () => {
  it('are its attributes, with the schema and type of its data', () => {
    const extensions = { traceparent: '00-a', n: 1, dataschema: 'urn:x', datacontenttype: 'application/json' };
    expect(cloud(extensions)).toEqual({ ...none, attributes: extensions });
  });

  it('are its severity and tags where they mean the same', () => {
    expect(cloud({ severity: 'error', tags: 'a, b' })).toEqual({ ...none, severity: 'error', tags: ['a', 'b'] });
    expect(cloud({ tags: ['a', 'b'] })).toEqual({ ...none, tags: ['a', 'b'] });
  });

  it('stay attributes where their sender means something else', () => {
    expect(cloud({ severity: 'high', tags: '' })).toEqual({ ...none, attributes: { severity: 'high', tags: '' } });
  });
});
