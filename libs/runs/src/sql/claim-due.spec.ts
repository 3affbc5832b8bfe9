import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, uuidFromId, type Id } from '@annex/kernel';
import { webhookLimits } from '@annex/limits';
import { makeInstallation, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { claimDueRuns, claimSettings, listDueTenants, type ClaimedRun, type DueAsk } from './claim-due.js';
import { finishAttempts, type AttemptEnd } from './claim.js';
import { enqueueRun, type NewRun } from './enqueue-run.js';
import { unparkEnabled } from './overlap.js';
import { takeBackHandedOver } from './reconcile.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
beforeEach(async () => {
  await db.sql('delete from tenants');
  await db.sql('delete from runs');
});
afterAll(() => db.close());

const claim = (asks: readonly DueAsk[]) =>
  db.database.platform((tx) => claimDueRuns(tx, asks, { owner: 'w', leaseMs: 60_000 }), { settings: claimSettings });
const of = ({ tenantId }: TestInstallation, atMost = 10, onlyIfIdle = false): DueAsk => ({
  tenantId,
  atMost,
  onlyIfIdle,
});
const succeeded = ({ tenantId, id: runId, claim }: ClaimedRun): AttemptEnd => ({
  tenantId,
  runId,
  claim,
  status: 'succeeded',
  countsAsAttempt: false,
  limits: {},
  release: null,
});
const dueTenants = (after?: Id<'tenant'>, limit = 100) =>
  db.database.platform((tx) => listDueTenants(tx, { after, limit }), { settings: claimSettings });

async function tenantWith(count: number, run: Partial<NewRun> = {}): Promise<TestInstallation> {
  const tenant = await db.makeTenant();
  const installation = await makeInstallation(db, tenant.id);
  await enqueue(installation, count, run);
  return installation;
}

async function enqueue(installation: TestInstallation, count: number, run: Partial<NewRun> = {}): Promise<Id<'run'>[]> {
  return db.database.forTenant(installation.tenantId).transaction(async (tx) => {
    const ids: Id<'run'>[] = [];
    for (let made = 0; made < count; made += 1) {
      ids.push(
        await enqueueRun(tx, {
          installationId: installation.id,
          plugin: installation.slug,
          kind: 'event',
          name: 'x',
          ordinal: 0,
          policy: {},
          depth: 0,
          ...run,
        }),
      );
    }
    return ids;
  });
}

async function endpoint({ tenantId, id }: TestInstallation): Promise<Id<'webhook'>> {
  const webhook = newId('webhook');
  await db.sql(
    `insert into webhooks (tenant_id, id, installation_id, plugin, name, url, events, active)
     values ($1, $2, $3, 'p', $4, 'https://example.com', '["x"]', true)`,
    [uuidFromId(tenantId), uuidFromId(webhook), uuidFromId(id), webhook],
  );
  return webhook;
}

describe('claiming due runs', () => {
  it('takes of each tenant as many as were asked for, the longest due first, in the order of the asks', async () => {
    const [first, second] = [await tenantWith(5), await tenantWith(1)];
    const answers = await claim([of(second, 4), of(first, 2)]);
    expect(answers).toMatchObject([
      { tenantId: second.tenantId, found: 1, running: 0, weight: 1, cap: 5, runs: [{ claim: 1, attempt: 1 }] },
      { tenantId: first.tenantId, found: 2, running: 0, runs: [{ tenantId: first.tenantId }, {}] },
    ]);
    const [rest] = await claim([of(first)]);
    expect(rest).toMatchObject({ found: 3, running: 2 });
    const taken = [...(answers[1]?.runs ?? []), ...(rest?.runs ?? [])].map(({ id }) => id);
    expect(taken).toEqual([...taken].sort());
    expect(
      await db.sql(`select distinct status, lease_owner, lease_until > now() as held, next_attempt_at from runs`),
    ).toEqual([{ status: 'running', lease_owner: 'w', held: true, next_attempt_at: null }]);
  });

  it('never gives the same run to two workers that ask at once', async () => {
    const tenants = [await tenantWith(20), await tenantWith(20)];
    const asks = tenants.map((one) => of(one, 8));
    const taken = (await Promise.all([claim(asks), claim(asks), claim(asks), claim(asks)]))
      .flat()
      .flatMap(({ runs }) => runs.map(({ id }) => id));
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken.length).toBeGreaterThan(16);
  });

  it('gives a place kept for newcomers only to a tenant that has nothing under way anywhere', async () => {
    const tenant = await tenantWith(3);
    expect(await claim([of(tenant, 1, true)])).toMatchObject([{ found: 1, runs: [{}] }]);
    expect(await claim([of(tenant, 1, true)])).toMatchObject([{ found: 0, running: 1, runs: [] }]);
  });

  it('leaves runs alone whose time has not come', async () => {
    const tenant = await tenantWith(2, { notBefore: new Date(Date.now() + 60_000) });
    expect(await claim([of(tenant)])).toMatchObject([{ found: 0, runs: [] }]);
  });

  it('parks runs of a plugin that is not enabled, but not its lifecycle hooks, and goes on when it is', async () => {
    const installation = await tenantWith(2);
    const [hook] = await enqueue(installation, 1, { kind: 'lifecycle', name: 'shutdown' });
    const status = (to: string) =>
      db.sql('update installations set status = $2 where id = $1', [uuidFromId(installation.id), to]);
    await status('disabled');
    expect(await claim([of(installation)])).toMatchObject([{ found: 3, runs: [{ id: hook }] }]);
    expect(
      await db.sql(`select status, waiting_for, claims, attempts, lease_until, next_attempt_at from runs
        where kind = 'event'`),
    ).toEqual(
      Array.from({ length: 2 }, () => ({
        status: 'queued',
        waiting_for: 'plugin',
        claims: 0,
        attempts: [],
        lease_until: null,
        next_attempt_at: null,
      })),
    );
    expect(await db.database.platform((tx) => unparkEnabled(tx))).toBe(0);
    await status('enabled');
    expect(await db.database.platform((tx) => unparkEnabled(tx, installation.tenantId))).toBe(2);
    expect((await claim([of(installation)]))[0]?.runs).toHaveLength(2);
  });

  it('takes nothing of a plugin that is starting but its onInit', async () => {
    const installation = await tenantWith(1);
    const [init] = await enqueue(installation, 1, { kind: 'lifecycle', name: 'init' });
    await enqueue(installation, 1, { kind: 'lifecycle', name: 'install' });
    await db.sql(`update installations set status = 'starting' where id = $1`, [uuidFromId(installation.id)]);
    expect(await claim([of(installation)])).toMatchObject([{ found: 3, runs: [{ id: init }] }]);
    await db.sql(`update installations set status = 'enabled' where id = $1`, [uuidFromId(installation.id)]);
    expect(await db.database.platform((tx) => unparkEnabled(tx, installation.tenantId))).toBe(2);
    expect((await claim([of(installation)]))[0]?.runs).toHaveLength(2);
  });

  it('lets so many deliveries go to one endpoint at once, and parks the others', async () => {
    const installation = await tenantWith(0);
    const [busy, other] = [await endpoint(installation), await endpoint(installation)];
    await enqueue(installation, webhookLimits.atOnce + 2, { kind: 'webhook', webhookId: busy });
    await enqueue(installation, 1, { kind: 'webhook', webhookId: other });
    const [answer] = await claim([of(installation, webhookLimits.atOnce + 3)]);
    expect(answer?.runs.map(({ webhookId }) => webhookId)).toEqual([
      ...Array.from({ length: webhookLimits.atOnce }, () => busy),
      other,
    ]);
    await enqueue(installation, 1, { kind: 'webhook', webhookId: busy });
    expect((await claim([of(installation)]))[0]).toMatchObject({ found: 1, runs: [] });
    expect(await db.sql(`select count(*)::int as n from runs where waiting_for = 'endpoint'`)).toEqual([{ n: 3 }]);
  });

  it('takes nothing of a tenant that is being erased, which has no answer', async () => {
    const tenant = await tenantWith(1);
    await db.sql(`update tenants set deleted_at = now(), erase_after = now() + interval '7 days' where id = $1`, [
      uuidFromId(tenant.tenantId),
    ]);
    expect(await claim([of(tenant)])).toEqual([]);
    expect(await dueTenants()).toEqual({ tenants: [], next: undefined });
  });

  it('costs one statement, and so do the ends of all that it took', async () => {
    const tenant = await tenantWith(32);
    await db.database.platform(async (tx) => {
      let statements = 0;
      const query = tx.query.bind(tx);
      tx.query = (...given) => {
        statements += 1;
        return query(...given);
      };
      const [answer] = await claimDueRuns(tx, [of(tenant, 32)], { owner: 'w', leaseMs: 60_000 });
      expect(answer?.runs).toHaveLength(32);
      expect(statements).toBe(1);
      const ended = await finishAttempts(tx, (answer?.runs ?? []).map(succeeded));
      expect(ended.every((one) => one?.status === 'succeeded')).toBe(true);
      expect(statements).toBe(2);
    });
  });
});

describe('tenants with due runs', () => {
  it('are found page by page, each with its weight and cap, and none whose runs are not due', async () => {
    const due: Id<'tenant'>[] = [];
    for (let made = 0; made < 5; made += 1) due.push((await tenantWith(3)).tenantId);
    await tenantWith(1, { notBefore: new Date(Date.now() + 60_000) });
    await tenantWith(1, { waitingFor: 'overlap' });
    await db.sql('update tenants set weight = 2, background_concurrency = 7 where id = $1', [
      uuidFromId(due[0] ?? 'ten_'),
    ]);
    const found: unknown[] = [];
    let after: Id<'tenant'> | undefined;
    do {
      const page = await dueTenants(after, 2);
      found.push(...page.tenants);
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual(
      [...due].sort().map((tenantId) => ({
        tenantId,
        weight: tenantId === due[0] ? 2 : 1,
        cap: tenantId === due[0] ? 7 : 5,
      })),
    );
  });
});

it('a run that a worker of an earlier release handed over and nobody took is due again', async () => {
  const tenant = await tenantWith(2);
  await db.sql(`update runs set next_attempt_at = null, dispatched_at = now() - interval '20 seconds'`);
  const [ended] = await db.sql<{
    id: string;
  }>(`update runs set status = 'cancelled' where id = (select min(id::text)::uuid
    from runs) returning id`);
  expect(await db.database.platform(takeBackHandedOver)).toBe(1);
  const [answer] = await claim([of(tenant)]);
  expect(answer?.runs).toHaveLength(1);
  expect(uuidFromId(answer?.runs[0]?.id ?? 'run_')).not.toBe(ended?.id);
});
