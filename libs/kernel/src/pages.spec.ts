import { describe, expect, it } from 'vitest';
import { mapPage, pageOf, readCursor, textCursor } from './pages.js';

describe('a page', () => {
  it('has a cursor behind its last row when one more row was found', () => {
    expect(pageOf(['a', 'b', 'c'], { limit: 2 }, (row) => `after ${row}`)).toEqual({
      items: ['a', 'b'],
      next_cursor: 'after b',
    });
    expect(pageOf(['a', 'b'], { limit: 2 }, String)).toEqual({ items: ['a', 'b'], next_cursor: null });
    expect(pageOf([], { limit: 2 }, String)).toEqual({ items: [], next_cursor: null });
  });

  it('keeps its cursor when its items are shown', () => {
    expect(mapPage({ items: [1], next_cursor: 'x' }, (each) => each + 1)).toEqual({ items: [2], next_cursor: 'x' });
  });
});

describe('a cursor', () => {
  const refuse = (): never => {
    throw new Error('refused');
  };

  it('is read, or refused, or not there', () => {
    const read = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
    expect(readCursor(undefined, read, refuse)).toBeUndefined();
    expect(readCursor('0', read, refuse)).toBe(0);
    expect(() => readCursor('x', read, refuse)).toThrow('refused');
  });

  it.each(['a', 'ä/ö', 'a'.repeat(500)])('of a text is the text again: %j', (text) => {
    expect(textCursor.read(textCursor.write(text))).toBe(text);
  });

  it.each(['', '!', 'YQ==', textCursor.write('\0'), Buffer.from([0xff]).toString('base64url')])(
    'of a text is not %j',
    (cursor) => expect(textCursor.read(cursor)).toBeUndefined(),
  );
});
