import { newId, silentLogger, systemClock, type Id } from '@annex/kernel';
import { expect, it } from 'vitest';
import { CallKeeper, type RecordedRun } from './call-keeper.js';

const runOf = (tenantId: Id<'tenant'>): RecordedRun => ({
  ...{ tenantId, runId: newId('run'), installationId: newId('installation') },
  ...{ attempt: 1, startedAtMs: 0 },
});

it('keeps recordings of one tenant while those of another are more than can be written', async () => {
  const gate = Promise.withResolvers<void>();
  const written: Id<'tenant'>[] = [];
  const database = {
    forTenant: (tenantId: Id<'tenant'>) => ({
      transaction: async () => {
        await gate.promise;
        written.push(tenantId);
      },
    }),
  };
  const keeper = new CallKeeper({ database: database as never, clock: systemClock, logger: silentLogger });
  const [noisy, quiet] = [newId('tenant'), newId('tenant')];
  for (let count = 0; count < 500; count += 1) keeper.keep(runOf(noisy), undefined, undefined);
  keeper.keep(runOf(quiet), undefined, undefined);
  gate.resolve();
  await keeper.settled();
  expect(written).toContain(quiet);
});
