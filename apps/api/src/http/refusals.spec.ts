import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Refusals } from './refusals.js';

function refusals() {
  let nowMs = 0;
  const made = new Refusals(() => nowMs);
  return { made, wait: (ms: number) => void (nowMs += ms) };
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe('refusals of one network', () => {
  it('are answered at once as long as they are few', () => {
    const { made, wait } = refusals();
    expect(new Set(times(200, () => made.lateMs('one')))).toEqual(new Set([0]));
    wait(1000);
    expect(new Set(times(200, () => made.lateMs('one')))).toEqual(new Set([0]));
  });

  it('come evenly, and at most two seconds late, when they are many', () => {
    const { made } = refusals();
    times(200, () => made.lateMs('one'));
    expect(times(3, () => made.lateMs('one'))).toEqual([5, 10, 15]);
    expect(Math.max(...times(2000, () => made.lateMs('one')))).toBeLessThanOrEqual(2000);
  });

  it('are its own', () => {
    const { made } = refusals();
    times(1000, () => made.lateMs('one'));
    expect(made.lateMs('other')).toBe(0);
  });

  it('do not gather without end: beyond 250 that wait they are answered at once', () => {
    const { made } = refusals();
    const request = { ip: '192.0.2.1' } as FastifyRequest;
    const replies = times(600, () => ({ raw: new EventEmitter() }) as unknown as FastifyReply);
    let sent = 0;
    for (const reply of replies) made.send(request, reply, () => (sent += 1));
    expect(sent).toBe(350);
    // Whoever leaves waits no longer.
    for (const reply of replies) reply.raw.emit('close');
    expect(made.lateMs('192.0.2.1')).toBeGreaterThan(0);
  });
});
