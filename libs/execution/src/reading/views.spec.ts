import { describe, expect, it } from 'vitest';
import { waitReason } from './views.js';

const now = Date.UTC(2026, 0, 1);
const run = (more: Partial<Parameters<typeof waitReason>[0]> = {}): Parameters<typeof waitReason>[0] => ({
  status: 'queued',
  waitingFor: null,
  nextAttemptAt: null,
  ...more,
});
const later = new Date(now + 1000);
const [idle, busy] = [
  { running: 0, cap: 5 },
  { running: 5, cap: 5 },
];

describe('what a run waits for', () => {
  it.each([
    [run(), idle, 'slot'],
    [run({ nextAttemptAt: new Date(now - 1) }), idle, 'slot'],
    [run({ status: 'retrying', nextAttemptAt: new Date(now) }), idle, 'slot'],
    [run(), busy, 'tenant_limit'],
    [run({ status: 'retrying', nextAttemptAt: later }), busy, 'retry'],
    [run({ nextAttemptAt: later }), busy, 'time'],
    [run({ waitingFor: 'overlap' }), busy, 'overlap'],
    [run({ waitingFor: 'plugin' }), idle, 'plugin_disabled'],
    [run({ waitingFor: 'endpoint', status: 'retrying', nextAttemptAt: later }), idle, 'endpoint'],
    [run({ status: 'running' }), busy, undefined],
    [run({ status: 'succeeded', waitingFor: 'overlap' }), idle, undefined],
  ])('case %#: %o with %o is %s', (waiting, load, expected) => {
    expect(waitReason(waiting, load, now)).toBe(expected);
  });
});
