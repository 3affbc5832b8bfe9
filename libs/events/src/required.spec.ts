import { describe, expect, it } from 'vitest';
import { missingPaths, requiredPathFault } from './required.js';

describe('a path that a source must fill', () => {
  it.each(['subject', 'data.message', 'data.a.0.b'])('may be %s', (path) => {
    expect(requiredPathFault(path)).toBeUndefined();
  });

  it.each(['', 'data', 'data.', 'data..a', 'subject.x', 'type', `data.${'x'.repeat(200)}`, `data${'.a'.repeat(16)}`])(
    'may not be %j',
    (path) => {
      expect(requiredPathFault(path)).toContain('is neither');
    },
  );
});

describe('what an event lacks', () => {
  const event = { subject: null, data: { message: '', none: null, list: [{ a: 0 }] } };

  it('is what is not there, and what is null', () => {
    expect(missingPaths(event, ['subject', 'data.message', 'data.none', 'data.list.0.a', 'data.list.1.a'])).toEqual([
      'subject',
      'data.none',
      'data.list.1.a',
    ]);
  });

  it('is what only JavaScript has', () => {
    const inherited = ['data.constructor', 'data.list.length', 'data.__proto__', 'data.message.length'];
    expect(missingPaths(event, inherited)).toEqual(inherited);
  });
});
