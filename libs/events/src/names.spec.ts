import { describe, expect, it } from 'vitest';
import {
  eventNameFault,
  eventPatternFault,
  isEventName,
  isEventPattern,
  isReservedEventName,
  patternWarning,
  platformEvents,
  reservationOf,
} from './names.js';

describe('event names', () => {
  it.each(['auth.user.created', 'email.welcome_sent', 'a', 'com.example.some-event', 'v1.order_2.x', 'x'.repeat(200)])(
    '%s is one',
    (name) => {
      expect(eventNameFault(name)).toBeUndefined();
    },
  );

  it.each([
    ['', 'must not be empty'],
    ['.a', 'empty segment'],
    ['a.', 'empty segment'],
    ['a..b', 'empty segment'],
    ['Auth.User', 'Write "auth.user".'],
    ['a b', 'may only use'],
    ['a/b', 'may only use'],
    ['größe', 'may only use'],
    ['build.*', 'is a pattern'],
    ['x'.repeat(201), 'at most 200 characters'],
    [Array.from({ length: 17 }, () => 'a').join('.'), 'at most 16 segments'],
    ['a\u202eb', '\\u202e'],
  ])('%s is none', (name, reason) => {
    expect(eventNameFault(name, '/type')).toMatchObject({ pointer: '/type', detail: expect.stringContaining(reason) });
    expect(isEventName(name)).toBe(false);
  });

  it('of the platform are valid and reserved', () => {
    for (const name of Object.keys(platformEvents)) {
      expect(isEventName(name), name).toBe(true);
      expect(isReservedEventName(name), name).toBe(true);
    }
    expect(isReservedEventName('authority.changed')).toBe(false);
    expect(isReservedEventName('build.completed')).toBe(false);
  });
});

describe('names that an operator reserves', () => {
  it('are those that one of the patterns means, whole segments only', () => {
    const patterns = ['payments.**', 'builder.*'];
    expect(reservationOf('payments.made', patterns)).toBe('payments.**');
    expect(reservationOf('payments', patterns)).toBe('payments.**');
    expect(reservationOf('builder.done', patterns)).toBe('builder.*');
    for (const name of ['paymentsx.made', 'my.payments.made', 'builder', 'builder.a.b'])
      expect(reservationOf(name, patterns), name).toBeUndefined();
  });
});

describe('event patterns', () => {
  it.each(['build.*', 'build.**', '**', '*', 'auth.user.created'])('%s is one', (pattern) => {
    expect(isEventPattern(pattern)).toBe(true);
  });

  it.each([
    ['build*', 'whole segment'],
    ['build.***', 'whole segment'],
    ['a..*', 'empty segment'],
    ['A.*', 'may only use'],
  ])('%s is none', (pattern, reason) => {
    expect(eventPatternFault(pattern)?.detail).toContain(reason);
  });

  it('that no platform event can match are worth a warning', () => {
    expect(patternWarning('auth.user.create')).toContain('Did you mean "auth.user.created"?');
    expect(patternWarning('auth.user.created')).toBeUndefined();
    expect(patternWarning('auth.*')).toBeUndefined();
    expect(patternWarning('build.completed')).toBeUndefined();
  });
});
