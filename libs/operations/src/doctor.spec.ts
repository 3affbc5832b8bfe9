import { expect, it, vi } from 'vitest';
import { operationsLimits } from '@annex/limits';
import { Doctor } from './doctor.js';

it('tells the worst first, takes what fails for a fault, and bounds what it tells', async () => {
  const fine = { status: 'ok' as const, detail: 'Well.', way_out: null };
  const doctor = new Doctor([
    { check: 'many', look: () => Promise.resolve(Array.from({ length: 100 }, () => fine)) },
    { check: 'old', look: () => Promise.resolve([{ status: 'warning', detail: 'Old.', way_out: 'Renew it.' }]) },
    { check: 'gone', look: () => Promise.reject(new Error('connect ECONNREFUSED')) },
  ]);
  const { status, findings } = await doctor.examine();
  expect(status).toBe('fault');
  expect(findings).toHaveLength(operationsLimits.doctorFindings);
  expect(findings.slice(0, 2)).toEqual([
    { check: 'gone', status: 'fault', detail: 'connect ECONNREFUSED', way_out: expect.stringContaining('reached') },
    { check: 'old', status: 'warning', detail: 'Old.', way_out: 'Renew it.' },
  ]);
});

it('does not wait for what never answers', async () => {
  vi.useFakeTimers();
  try {
    const examined = new Doctor([{ check: 'silent', look: () => new Promise(() => undefined) }]).examine();
    await vi.advanceTimersByTimeAsync(operationsLimits.doctorLookMs);
    expect((await examined).findings).toMatchObject([{ check: 'silent', status: 'fault' }]);
  } finally {
    vi.useRealTimers();
  }
});
