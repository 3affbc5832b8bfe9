import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readUtf8 } from './utf8.js';

it('reads bytes as toString does, whatever they are and wherever they lie', () => {
  const large = fc.integer({ min: 0, max: 3 }).map((times) => Buffer.alloc(times * 4096, 'a'));
  fc.assert(
    fc.property(large, fc.uint8Array({ maxLength: 40 }), large, fc.nat(9), fc.nat(9), (head, odd, tail, from, less) => {
      const bytes = Buffer.concat([head, odd, tail]);
      const start = Math.min(from, bytes.length);
      const end = Math.max(start, bytes.length - less);
      expect(readUtf8(bytes, start, end)).toBe(bytes.toString('utf8', start, end));
      expect(readUtf8(new Uint8Array(bytes))).toBe(bytes.toString('utf8'));
    }),
  );
});
