import { newId, silentLogger, type Id } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { HealthCheckLoop } from './health-checks.js';

type Check = { tenantId: Id<'tenant'>; installationId: Id<'installation'> };

/** Checks of which all are due at once, and none ends until it is told to. */
function hanging(due: Check[]) {
  const asked: Check[] = [];
  const ends: (() => void)[] = [];
  return {
    asked,
    endAll: () => {
      for (const end of ends.splice(0)) end();
    },
    take: (limit: number, busy: readonly Id<'tenant'>[]) => {
      const taken: Check[] = [];
      for (const check of due) {
        const isBusy = [...busy, ...taken.map(({ tenantId }) => tenantId)].includes(check.tenantId);
        if (!isBusy && taken.length < limit) taken.push(check);
      }
      for (const check of taken) due.splice(due.indexOf(check), 1);
      return Promise.resolve(taken);
    },
    run: (check: Check) =>
      new Promise<void>((done) => {
        asked.push(check);
        ends.push(done);
      }),
    untilNextMs: () => Promise.resolve(due.length > 0 ? 0 : null),
  };
}

const checkOf = (tenantId: Id<'tenant'>): Check => ({ tenantId, installationId: newId('installation') });

describe('health checks', () => {
  it('that hang take one place of a tenant, however many are due', async () => {
    const [noisy, quiet] = [newId('tenant'), newId('tenant')];
    const checks = hanging([...Array.from({ length: 50 }, () => checkOf(noisy)), checkOf(quiet)]);
    const loop = new HealthCheckLoop(checks, silentLogger);
    loop.start();
    await expect.poll(() => checks.asked.map(({ tenantId }) => tenantId)).toEqual([noisy, quiet]);
    checks.endAll();
    await expect.poll(() => checks.asked).toHaveLength(3);
    checks.endAll();
    await loop.stop();
  });

  it('that hang do not hold up a stop', async () => {
    const checks = hanging([checkOf(newId('tenant'))]);
    const loop = new HealthCheckLoop(checks, silentLogger);
    loop.start();
    await expect.poll(() => checks.asked).toHaveLength(1);
    await loop.stop();
    expect(checks.asked).toHaveLength(1);
  });
});
