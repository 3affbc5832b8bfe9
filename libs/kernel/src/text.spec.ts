import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest, didYouMean, jsonPointer, quote } from './text.js';

describe('suggestions', () => {
  it('name the candidate a slip of the finger away', () => {
    const keys = ['permissions', 'secrets', 'schedule', 'timezone', 'jobs'];
    expect(closest('permisions', keys)).toBe('permissions');
    expect(closest('Schedule', keys)).toBe('schedule');
    expect(closest('shcedule', keys)).toBe('schedule');
    expect(closest('time_zone', keys)).toBe('timezone');
    expect(closest('job', keys)).toBe('jobs');
    expect(didYouMean('sekrets', keys)).toBe(' Did you mean "secrets"?');
  });

  it('stay silent when nothing is near', () => {
    expect(closest('colour', ['permissions', 'jobs'])).toBeUndefined();
    expect(didYouMean('', ['a'])).toBe('');
    expect(closest('x'.repeat(100_000), ['x'.repeat(100_000)])).toBeUndefined();
  });
});

describe('quoted input', () => {
  it('never carries control, bidi or lone surrogate characters, and stays short', () => {
    expect(quote('a\u202eb\n')).toBe('"a\\u202eb\\u000a"');
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        (text) => !/[\u0000-\u001f\u202e]/.test(quote(text)) && quote(text).length < 600,
      ),
    );
  });
});

describe('JSON pointers', () => {
  it('escape ~ and / as RFC 6901 says', () => {
    expect(jsonPointer()).toBe('');
    expect(jsonPointer('a/b', 0, 'm~n')).toBe('/a~1b/0/m~0n');
  });
});
