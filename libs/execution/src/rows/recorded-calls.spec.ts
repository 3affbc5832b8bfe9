import { newId, uuidFromId } from '@annex/kernel';
import { recordingLimits } from '@annex/limits';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { insertRecordedCalls, readRecordedCalls, type RecordedAttempt } from './recorded-calls.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

async function bench() {
  const tenant = await db.makeTenant();
  const installation = await makeInstallation(db, tenant.id);
  const attempt = (answer: string, given: Partial<RecordedAttempt> = {}): RecordedAttempt => ({
    runId: newId('run'),
    attempt: 1,
    installationId: installation.id,
    startedAtMs: Date.now(),
    calls: [{ method: 'kv.get', args: ['a'], answer, at_ms: 1, took_ms: 0 }],
    leftOut: 0,
    ...given,
  });
  const scope = db.database.forTenant(tenant.id);
  const insert = (attempts: RecordedAttempt[]) => scope.transaction((tx) => insertRecordedCalls(tx, attempts));
  const kept = async () =>
    (
      await db.sql<{ answer: string }>(
        `select calls -> 0 ->> 'answer' as answer from recorded_calls where tenant_id = $1
         order by recorded_at, run_id`,
        [uuidFromId(tenant.id)],
      )
    ).map(({ answer }) => answer);
  return { scope, attempt, insert, kept };
}

it('a tenant keeps so many attempts, and the oldest go', async () => {
  const { attempt, insert, kept } = await bench();
  const other = await bench();
  await other.insert([other.attempt('other')]);
  await insert([attempt('oldest')]);
  await insert(Array.from({ length: recordingLimits.runs - 1 }, (_, n) => attempt(`middle ${n}`)));
  expect((await kept())[0]).toBe('oldest');
  await insert([attempt('newest')]);
  const left = await kept();
  expect([left.length, left.includes('oldest'), left.at(-1)]).toEqual([recordingLimits.runs, false, 'newest']);
  expect(await other.kept()).toEqual(['other']);
});

it('a tenant keeps so many bytes, and the oldest go', async () => {
  const { attempt, insert, kept } = await bench();
  const large = 'x'.repeat(recordingLimits.tenantBytes / 4);
  for (const name of ['a', 'b', 'c', 'd']) await insert([attempt(name + large)]);
  expect((await kept()).map(([name]) => name)).toEqual(['b', 'c', 'd']);
});

it('what is there stays, what PostgreSQL cannot hold is replaced, and a gone installation is left out', async () => {
  const { scope, attempt, insert, kept } = await bench();
  const first = attempt('nul \0 and \ud800');
  await insert([first, attempt('nowhere', { installationId: newId('installation') })]);
  await insert([attempt('again', { runId: first.runId })]);
  expect(await kept()).toHaveLength(1);
  const [call] = await scope.transaction((tx) => readRecordedCalls(tx, first.runId, 1));
  expect(call).toMatchObject({ method: 'kv.get', answer: expect.stringMatching(/^nul . and .$/u) });
});
