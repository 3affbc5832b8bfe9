import { filterInput, sortInput } from '@annex/host-api';
import { idFromUuid, newId, silentLogger, systemClock, uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import { checkViews } from './sql/check-views.js';
import { documentSource, type MappedView } from './sql/sources.js';
import { effectiveLimits, tableLimits } from '@annex/limits';
import { emitEvent, PlainCalls, recordChunks, recordRuns } from '@annex/runs';
import { indexEntries } from './sql/index-entries.js';
import { limitStatements } from './sql/write-documents.js';
import { queryRows } from './sql/read-documents.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../test/support/installations.js';
import { hourBehindAllIds } from '../../../test/support/moments.js';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { defaultTableLimits, Tables, type TableLimits } from './tables.js';
import { connect } from '../../../apps/annex/src/connect-database.js';

let db: TestDatabase;
let tables: Tables;
const limits: TableLimits = { ...defaultTableLimits, timeoutMs: 30_000 };
beforeAll(async () => {
  db = await openTestDatabase();
  tables = new Tables({ database: db.database, clock: systemClock, limits });
});
afterAll(() => db.close());

type Tenant = { id: Id<'tenant'>; slug: string };
const withLimits = (changed: Partial<TableLimits>): Tables =>
  new Tables({ database: db.database, clock: systemClock, limits: { ...limits, ...changed } });
const usage = async (tenant: Tenant) => (await tables.tables(tenant)).usage;
const entriesOf = async (tenant: Tenant): Promise<number> =>
  (await db.sql('select 1 from document_values where tenant_id = $1', [uuidFromId(tenant.id)])).length;
const find = (tenant: Tenant, table: string, filter: JsonObject) =>
  tables.query(tenant, table, { filter: filterInput.parse(filter), limit: 1000 });

/** Many documents of one table at once, as if they had been inserted one by one. */
async function fill(tenant: Tenant, table: string, documents: readonly JsonObject[]): Promise<void> {
  await tables.insert(tenant, table, { first: true });
  const uuid = uuidFromId(tenant.id);
  await db.sql(
    `insert into documents (tenant_id, table_name, id, data, size, created_at, updated_at)
     select $1, $2, ('01900000-' || lpad(to_hex(n / 65536), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       data, octet_length(data::text), now(), now() from unnest($3::jsonb[]) with ordinality as given(data, n)`,
    [uuid, table, documents.map((document) => JSON.stringify(document))],
  );
  const entries = documents.flatMap((data, index) => indexEntries(data).map((entry) => ({ entry, n: index + 1 })));
  await db.sql(
    `insert into document_values (tenant_id, table_name, value, document_id)
     select $1, $2, value, ('01900000-' || lpad(to_hex(n / 65536), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12,
       '0'))::uuid from unnest($3::bytea[], $4::bigint[]) as given(value, n)`,
    [uuid, table, entries.map(({ entry }) => entry), entries.map(({ n }) => n)],
  );
}

describe('a row', () => {
  it('is found by what it holds now, however often it was changed', async () => {
    const tenant = await db.makeTenant();
    const row = await tables.insert(tenant, 'orders', { status: 'open', tags: ['a', 'b'], total: 5 });
    const before = await entriesOf(tenant);
    await tables.update(tenant, 'orders', row.id, { set: { status: 'paid', tags: ['b', 'c'] }, unset: ['total'] });
    expect(await find(tenant, 'orders', { status: 'open' })).toEqual([]);
    expect(await find(tenant, 'orders', { tags: 'a' })).toEqual([]);
    expect(await find(tenant, 'orders', { total: { $gt: 0 } })).toEqual([]);
    expect(await find(tenant, 'orders', { status: 'paid', tags: 'c', total: null })).toHaveLength(1);
    expect(await entriesOf(tenant)).toBe(before - 1);
    await tables.delete(tenant, 'orders', row.id);
    expect(await entriesOf(tenant)).toBe(0);
    expect(await usage(tenant)).toEqual({ tables: 1, rows: 0, bytes: 0 });
  });

  it('keeps each of many changes that are made at once', async () => {
    const tenant = await db.makeTenant();
    const { id } = await tables.insert(tenant, 'orders', {});
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        tables.update(tenant, 'orders', id, { set: { [`field_${n}`]: n }, unset: [] }),
      ),
    );
    const row = await tables.get(tenant, 'orders', id);
    expect(Object.keys(row ?? {}).filter((name) => name.startsWith('field_'))).toHaveLength(12);
    expect((await usage(tenant)).bytes).toBe(
      Number((await db.sql<{ size: number }>('select size from documents where id = $1', [id]))[0]?.size),
    );
  });

  it('with more values than the index takes is found all the same', async () => {
    const tenant = await db.makeTenant();
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`f${n}`, n]));
    await tables.insert(tenant, 'wide', many);
    await tables.insert(tenant, 'wide', { f7: 7 });
    expect(await entriesOf(tenant)).toBe(2);
    for (const filter of [{ f7: 7 }, { f7: { $gt: 6, $lt: 8 } }, { $or: [{ f399: 399 }, { f7: 7 }] }] as JsonObject[])
      expect(await find(tenant, 'wide', filter), JSON.stringify(filter)).toHaveLength(2);
  });

  it('with a list passes two bounds by two of its items', async () => {
    const tenant = await db.makeTenant();
    await tables.insert(tenant, 'lists', { n: [1, 100] });
    await tables.insert(tenant, 'lists', { n: 50 });
    expect(await find(tenant, 'lists', { n: { $gte: 40, $lt: 60 } })).toHaveLength(2);
  });

  it('has its time inside its id, and rows keep the order in which they were made', async () => {
    const tenant = await db.makeTenant();
    const rows = [];
    for (let n = 0; n < 20; n += 1) rows.push(await tables.insert(tenant, 'orders', { n }));
    for (const row of rows)
      expect(Date.parse(row.created_at)).toBe(Number.parseInt(row.id.replace('-', '').slice(0, 12), 16));
    const byAge = { path: ['created_at'], descending: true };
    expect((await tables.query(tenant, 'orders', { orderBy: [byAge] })).map(({ n }) => n)).toEqual(
      [...rows.keys()].reverse(),
    );
    const middle = rows[10]?.created_at ?? '';
    expect(await find(tenant, 'orders', { created_at: { $lte: middle } })).toHaveLength(
      rows.filter((row) => row.created_at <= middle).length,
    );
    expect(await find(tenant, 'orders', { created_at: { $gt: middle } })).toHaveLength(
      rows.filter((row) => row.created_at > middle).length,
    );
  });
});

describe('limits', () => {
  it('of rows and bytes hold for all tables together, are named, and leave nothing behind', async () => {
    const tenant = await db.makeTenant();
    const few = withLimits({ documents: 2 });
    await few.insert(tenant, 'one', { a: 1 });
    await few.insert(tenant, 'two', { a: 1 });
    const before = await usage(tenant);
    await expect(few.insert(tenant, 'three', { a: 1 })).rejects.toMatchObject({
      code: 'ROW_LIMIT',
      detail: expect.stringContaining('2 rows'),
    });
    const small = withLimits({ bytes: before.bytes + 20 });
    await expect(small.insert(tenant, 'one', { text: 'x'.repeat(100) })).rejects.toMatchObject({
      code: 'ROW_LIMIT',
      detail: expect.stringContaining('bytes'),
    });
    const [row] = await tables.query(tenant, 'one', {});
    await expect(
      small.update(tenant, 'one', row?.id ?? '', { set: { text: 'x'.repeat(100) }, unset: [] }),
    ).rejects.toMatchObject({ code: 'ROW_LIMIT' });
    expect(await usage(tenant)).toEqual(before);
    expect(await tables.get(tenant, 'one', row?.id ?? '')).toEqual(row);
    expect(await entriesOf(tenant)).toBe(2);
    expect(
      await withLimits({ bytes: 1 }).update(tenant, 'one', row?.id ?? '', { set: {}, unset: ['a'] }),
    ).not.toBeNull();
  });

  it('hold when many insert at once', async () => {
    const tenant = await db.makeTenant();
    const few = withLimits({ documents: 5, tables: 2 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) => few.insert(tenant, `table_${n % 3}`, { n })),
    );
    const { tables: made, rows } = await usage(tenant);
    expect(made).toBe(2);
    expect(rows).toBe(outcomes.filter(({ status }) => status === 'fulfilled').length);
    expect(rows).toBeLessThanOrEqual(5);
    expect(
      Number(
        (
          await db.sql<{ n: number }>('select count(*)::int as n from documents where tenant_id = $1', [
            uuidFromId(tenant.id),
          ])
        )[0]?.n,
      ),
    ).toBe(rows);
  });

  it('of a row count what a change makes of it, and numbers with all their digits', async () => {
    const tenant = await db.makeTenant();
    const { id } = await tables.insert(tenant, 'orders', { a: 'x'.repeat(200_000) });
    await expect(
      tables.update(tenant, 'orders', id, { set: { b: 'x'.repeat(100_000) }, unset: [] }),
    ).rejects.toMatchObject({ code: 'ROW_TOO_LARGE', detail: expect.stringContaining(String(tableLimits.rowBytes)) });
    await expect(
      tables.insert(tenant, 'orders', { numbers: Array.from({ length: 10_000 }, () => 1e308) }),
    ).rejects.toMatchObject({ code: 'ROW_TOO_LARGE' });
    expect((await usage(tenant)).rows).toBe(1);
  });

  it('of an answer refuse rows that are too large together, and shorten the page of a list', async () => {
    const tenant = await db.makeTenant();
    for (let n = 0; n < 25; n += 1) await tables.insert(tenant, 'large', { n, text: 'x'.repeat(200_000) });
    await expect(tables.query(tenant, 'large', {})).rejects.toMatchObject({
      code: 'RESULT_TOO_LARGE',
      detail: expect.stringContaining('the first 20 would fit'),
    });
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await tables.list(tenant, 'large', { limit: 100, cursor });
      seen.push(...page.items.map(({ n }) => n));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n));
  });

  it('of time end the statement in the database and are named', async () => {
    const tenant = await db.makeTenant();
    await fill(
      tenant,
      'slow',
      Array.from({ length: 3000 }, (_, n) => ({ n, text: 'ab'.repeat(500) })),
    );
    const hasty = withLimits({ timeoutMs: 1 });
    await expect(
      hasty.query(tenant, 'slow', {
        filter: filterInput.parse({ text: { $like: '%b%c%' } }),
        orderBy: [{ path: ['text'], descending: true }],
      }),
    ).rejects.toMatchObject({ code: 'DB_TIMEOUT', detail: expect.stringContaining('1 ms') });
    expect(await tables.count(tenant, 'slow', filterInput.parse({ n: 7 }))).toBe(1);
  });

  it('of patience: what was given up before its turn changes nothing', async () => {
    const tenant = await db.makeTenant();
    const ended = AbortSignal.abort(new Error('the run has ended'));
    await expect(tables.insert(tenant, 'orders', {}, ended)).rejects.toThrow('the run has ended');
    expect(await usage(tenant)).toEqual({ tables: 0, rows: 0, bytes: 0 });
  });
});

it('the index is used under row-level security, by the role of the application', async () => {
  const tenant = await db.makeTenant();
  await fill(
    tenant,
    'orders',
    Array.from({ length: 12_000 }, (_, n) => ({
      n,
      status: ['open', 'paid'][n % 2] ?? '',
      email: `${n}@example.test`,
    })),
  );
  await db.sql('analyze documents');
  await db.sql('analyze document_values');
  const scope = db.database.forTenant(tenant.id);
  const planOf = async (filter: JsonObject, descending = false): Promise<string[]> => {
    const plans: string[] = [];
    await scope.transaction(async (tx) => {
      expect((await tx.query<{ role: string }>('select current_user::text as role'))[0]?.role).toBe('annex_app');
      await limitStatements(tx, { timeoutMs: 30_000, byIndex: true });
      const plain = tx.query.bind(tx);
      // Every statement of the search is explained before it is run.
      Object.assign(tx, {
        query: async (sql: string, parameters?: unknown[]) => {
          plans.push(
            (await plain<{ 'QUERY PLAN': string }>(`explain ${sql}`, parameters))
              .map((line) => line['QUERY PLAN'])
              .join('\n'),
          );
          return plain(sql, parameters);
        },
      });
      const order = descending ? [{ path: ['created_at'], descending }] : [];
      await queryRows(
        tx,
        { table: 'orders', source: documentSource },
        { filter: filterInput.parse(filter), order, limit: 50, offset: 0, maxBytes: 1e6 },
      );
    });
    return plans;
  };
  for (const filter of [
    { email: '77@example.test' },
    { n: { $gte: 100, $lt: 120 } },
    { n: { $in: [1, 2, 3] } },
    { status: 'open', email: '78@example.test' },
    { status: 'open' },
    {},
  ] as JsonObject[]) {
    for (const newestFirst of [false, true]) {
      const plans = await planOf(filter, newestFirst);
      expect(plans.join('\n\n'), JSON.stringify(filter)).not.toMatch(/Seq Scan|Sort Key: d\.|Disabled/);
      if ('email' in filter || 'n' in filter) expect(plans[0]).toMatch(/Index Cond: .*value/);
    }
  }
  const walked = await planOf({ status: 'open' });
  expect(walked.at(-1)).toMatch(/document_values_pkey/);
});

describe('a system table', () => {
  it('shows the columns that are meant to be seen, and nothing else', async () => {
    const tenant = await db.makeTenant();
    const uuid = uuidFromId(tenant.id);
    await db.sql(
      `insert into users (tenant_id, id, email, password_hash, role)
       values ($1, $2, 'ada@a.test', '$argon2id$canary', 'member')`,
      [uuid, '018f0000-0000-7000-8000-00000000000a'],
    );
    await db.sql(
      `insert into installations (tenant_id, id, slug, name, config)
       values ($1, $2, 'probe', 'Probe', '{"secret":"canary"}')`,
      [uuid, '018f0000-0000-7000-8000-00000000000b'],
    );
    await db.sql(
      `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, payload, result, error, policy,
         attempts)
       values ($1, $2, $3, 'probe', 'job', 'daily', 'failed', '{"canary":1}', '{"canary":1}',
         '{"code":"PLUGIN_ERROR","message":"canary"}', '{"canary":1}', '[{"canary":1}]')`,
      [uuid, '018f0000-0000-7000-8000-00000000000c', '018f0000-0000-7000-8000-00000000000b'],
    );
    await db.sql(
      `insert into files (tenant_id, key, object, size_bytes, content_type, sha256, created_by)
       values ($1, 'a/b.txt', 'canary-object', 3, 'text/plain', 'abc', 'usr_1')`,
      [uuid],
    );
    await db.database
      .forTenant(tenant.id)
      .transaction((tx) => emitEvent(tx, { type: 'order.made', source: '/test', data: { said: 'with U+0000: \0' } }));
    await db.database.forTenant(tenant.id).transaction((tx) =>
      emitEvent(tx, {
        id: 'mine-1',
        type: 'order.paid',
        source: '/test',
        data: { total: 12, lines: [{ sku: 'x' }] },
      }),
    );

    const shown = {
      users: ['email', 'role'],
      files: ['content_type', 'created_by', 'etag', 'key', 'size'],
      events: ['data', 'severity', 'source', 'subject', 'tags', 'time', 'type'],
      runs: [
        'attempt',
        'error_code',
        'event_id',
        'finished_at',
        'kind',
        'name',
        'plugin',
        'queued_at',
        'release',
        'started_at',
        'status',
      ],
    };
    for (const [table, columns] of Object.entries(shown)) {
      const rows = await tables.query(tenant, table, {});
      expect(rows.length, table).toBeGreaterThan(0);
      for (const row of rows)
        expect(
          Object.keys(row)
            .filter((name) => !['id', 'created_at', 'updated_at'].includes(name))
            .sort(),
          table,
        ).toEqual(columns);
      expect(JSON.stringify(rows)).not.toContain('canary');
      for (const row of rows) expect(await tables.get(tenant, table, row.id)).toEqual(row);
      expect(await tables.count(tenant, table)).toBe(rows.length);
      expect(await tables.get(tenant, table, 'x\0')).toBeNull();
    }
    expect(
      await find(tenant, 'users', {
        id: idFromUuid('user', '018f0000-0000-7000-8000-00000000000a'),
        email: { $like: '%@a.test' },
      }),
    ).toHaveLength(1);
    expect(await find(tenant, 'users', { password_hash: { $exists: true } })).toEqual([]);
    expect(await find(tenant, 'users', { id: '018f0000-0000-7000-8000-00000000000a' })).toEqual([]);
    expect(await find(tenant, 'events', { 'data.lines.sku': 'x', created_at: { $gte: '2020-01-01' } })).toMatchObject([
      { id: 'mine-1', data: { total: 12 } },
    ]);
    expect(await find(tenant, 'runs', { status: 'failed', error_code: 'PLUGIN_ERROR' })).toMatchObject([
      { id: expect.stringMatching(/^run_/), plugin: 'probe' },
    ]);
    expect(await find(await db.makeTenant(), 'users', {})).toEqual([]);
  });

  it('of events lists them by their time, whatever ids their senders chose, page by page', async () => {
    const tenant = await db.makeTenant();
    for (const id of ['z', 'm', 'a', 'q'])
      await db.database
        .forTenant(tenant.id)
        .transaction((tx) => emitEvent(tx, { id, type: 'order.made', source: '/test', data: {} }));
    expect((await tables.query(tenant, 'events', {})).map(({ id }) => id)).toEqual(['z', 'm', 'a', 'q']);
    const first = await tables.list(tenant, 'events', { limit: 3 });
    const second = await tables.list(tenant, 'events', { limit: 3, cursor: first.next_cursor ?? '' });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['z', 'm', 'a', 'q']);
    expect(second.next_cursor).toBeNull();
  });

  it('of runs shows those in chunks among the others, in both orders, page by page', async () => {
    const tenant = await db.makeTenant();
    const installation = await makeInstallation(db, tenant.id);
    const waiting = new PlainCalls();
    const start = hourBehindAllIds() + 500;
    const allowed = effectiveLimits('route');
    const ids = Array.from({ length: 120 }, (_, index) => {
      // Three chunks, and a row of its own here and there.
      const startedAtMs = start + index * 10 + Math.floor(index / 40) * 5_000;
      const id = newId('run', startedAtMs);
      const call = { id, installationId: installation.id, plugin: installation.slug, release: '1.0.0', depth: 0 };
      const used = { wallMs: 3, cpuMs: 1, memoryMb: 2, resultBytes: 12, requestBytes: 0 };
      const times = { startedAtMs, finishedAtMs: startedAtMs + 4 };
      const name = index % 29 === 0 ? 'GET /rare' : 'GET /ping';
      waiting.add({ ...call, ...used, ...times, name, status: 200, limits: allowed }, '2037-01-01');
      return id;
    });
    const { chunks, runs } = waiting.take();
    expect([chunks.length, runs.length]).toEqual([3, 5]);
    await db.database.forTenant(tenant.id).transaction(async (tx) => {
      await recordChunks(tx, chunks);
      await recordRuns(tx, runs);
    });
    expect(await tables.count(tenant, 'runs')).toBe(120);
    for (const back of [false, true]) {
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await tables.list(tenant, 'runs', {
          limit: 13,
          ...(back && { orderBy: sortInput.parse('-id') }),
          ...(cursor !== undefined && { cursor }),
        });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(back ? ids.toReversed() : ids);
    }
    expect((await tables.query(tenant, 'runs', { offset: 38, limit: 5 })).map(({ id }) => id)).toEqual(
      ids.slice(38, 43),
    );
    expect(await tables.get(tenant, 'runs', ids[50] ?? '')).toMatchObject({ id: ids[50], status: 'succeeded' });
    expect(await find(tenant, 'runs', { id: { $in: [ids[3] ?? '', ids[118] ?? ''] } })).toHaveLength(2);
    expect(await find(tenant, 'runs', { id: { $gt: ids[100] ?? '' } })).toHaveLength(19);
    expect(await find(tenant, 'runs', { id: { $lte: ids[9] ?? '' } })).toHaveLength(10);
    expect(await find(tenant, 'runs', { name: 'GET /rare', kind: 'route' })).toHaveLength(5);
    expect(await find(tenant, 'runs', { status: 'failed' })).toEqual([]);
  });

  it('cannot be changed, nor its name be taken', async () => {
    const tenant = await db.makeTenant();
    await expect(tables.insert(tenant, 'users', { email: 'x@y.test' })).rejects.toMatchObject({
      code: 'TABLE_READ_ONLY',
    });
    await expect(tables.delete(tenant, 'runs', 'run_x')).rejects.toMatchObject({ code: 'TABLE_READ_ONLY' });
    await expect(tables.insert(tenant, 'pg_class', {})).rejects.toMatchObject({ code: 'TABLE_NAME_RESERVED' });
    await expect(tables.drop({ tenant, actor: 'test' }, 'events')).rejects.toMatchObject({ code: 'TABLE_READ_ONLY' });
  });
});

describe('a view of the operator’s', () => {
  const views: Record<string, MappedView> = {
    sales: { view: 'shop.Sales "2026"', tenantColumn: 'owner', tenant: 'slug', idColumn: 'number' },
    people: { view: 'shop.people', tenantColumn: 'tenant', tenant: 'id', idColumn: 'key' },
  };
  let mapped: Tables;
  let both: [Tenant, Tenant];
  beforeAll(async () => {
    both = [await db.makeTenant(), await db.makeTenant()];
    await db.sql(`create schema shop`);
    await db.sql(
      `create table shop.sale (owner text, number int,
         "it's" text, total numeric, created_at timestamptz default '2026-01-02T03:04:05.678Z', gone text)`,
    );
    await db.sql(`create view shop."Sales ""2026""" as select owner, number, "it's", total, created_at from shop.sale`);
    await db.sql(`create table shop.people (tenant uuid, key uuid, name varchar(40))`);
    await db.sql(`grant usage on schema shop to annex_app`);
    await db.sql(`grant select on shop."Sales ""2026""", shop.people to annex_app`);
    for (const [index, tenant] of both.entries()) {
      await db.sql(
        `insert into shop.sale (owner, number,
           "it's", total) select $1, n, 'row ' || n, n * 10 from generate_series(1, 3) n`,
        [tenant.slug],
      );
      await db.sql(`insert into shop.people values ($1, gen_random_uuid(), $2)`, [
        uuidFromId(tenant.id),
        `person of ${index}`,
      ]);
    }
    const checked = await db.database.platform((tx) => checkViews(tx, views));
    expect(checked.problems).toEqual([]);
    mapped = new Tables({ database: db.database, clock: systemClock, limits, views: checked.views });
  });

  it('is read like a table, only the tenant’s own rows, without the tenant’s column', async () => {
    const [one, two] = both;
    const rows = await mapped.query(one, 'sales', {
      filter: filterInput.parse({ total: { $gte: 20 } }),
      orderBy: [{ path: ['total'], descending: true }],
    });
    expect(rows).toEqual([
      { id: '3', created_at: '2026-01-02T03:04:05.678Z', updated_at: null, "it's": 'row 3', total: 30 },
      { id: '2', created_at: '2026-01-02T03:04:05.678Z', updated_at: null, "it's": 'row 2', total: 20 },
    ]);
    expect(await mapped.get(one, 'sales', '3')).toEqual(rows[0]);
    expect(await mapped.count(one, 'sales', filterInput.parse({ "it's": 'row 1' }))).toBe(1);
    expect((await mapped.query(one, 'people', {})).map(({ name }) => name)).toEqual(['person of 0']);
    const theirs = (await mapped.query(two, 'people', {}))[0]?.id ?? '';
    expect(await mapped.get(two, 'people', theirs)).not.toBeNull();
    expect(await mapped.get(one, 'people', theirs)).toBeNull();
    expect(await mapped.count(one, 'sales', filterInput.parse({ owner: { $exists: true } }))).toBe(0);
    expect((await mapped.tables(one)).items).toContainEqual({
      name: 'sales',
      kind: 'view',
      read_only: true,
      created_at: null,
    });
    const page = await mapped.list(one, 'sales', { limit: 2 });
    expect(
      (await mapped.list(one, 'sales', { limit: 2, cursor: page.next_cursor ?? '' })).items.map(({ id }) => id),
    ).toEqual(['3']);
  });

  it('cannot be changed, nor can a tenant take its name', async () => {
    await expect(mapped.insert(both[0], 'sales', {})).rejects.toMatchObject({ code: 'TABLE_READ_ONLY' });
    await expect(mapped.update(both[0], 'people', 'x', { set: {}, unset: [] })).rejects.toMatchObject({
      code: 'TABLE_READ_ONLY',
    });
  });

  it('that is not as it was said has every problem listed', async () => {
    await db.sql(`create table shop.closed (owner text, id int)`);
    await db.sql(`create table shop.numbered (owner int, id int)`);
    await db.sql(`grant select on shop.numbered to annex_app`);
    const { problems } = await db.database.platform((tx) =>
      checkViews(tx, {
        nowhere: { view: 'shop.nowhere', tenantColumn: 'owner', tenant: 'slug', idColumn: 'id' },
        closed: { view: 'shop.closed', tenantColumn: 'owner', tenant: 'slug', idColumn: 'id' },
        numbered: { view: 'shop.numbered', tenantColumn: 'owner', tenant: 'id', idColumn: 'key' },
        injected: { view: 'shop.people; drop table users', tenantColumn: 'tenant', tenant: 'id', idColumn: 'key' },
      }),
    );
    expect(problems).toEqual([
      '/nowhere/view: there is no view shop.nowhere in this database',
      expect.stringMatching(/^\/closed\/view: the role annex_app may not read shop\.closed; GRANT/),
      '/numbered/id_column: shop.numbered has no column key; it has owner, id',
      '/numbered/tenant_column: owner is of type integer; it must be text or uuid',
      '/injected/view: there is no view shop.people; drop table users in this database',
    ]);
  });
});

it('row-level security holds where a condition on the tenant would be missing', async () => {
  const [one, two] = [await db.makeTenant(), await db.makeTenant()];
  await tables.insert(one, 'orders', { n: 1 });
  await tables.insert(two, 'orders', { n: 1 });
  const own = await connect({ logins: db.logins, logger: silentLogger, poolSize: 1, platformPoolSize: 1 });
  await own.forTenant(one.id).transaction(async (tx) => {
    for (const table of ['documents', 'document_values', 'document_tables', 'document_usage']) {
      const rows = await tx.query<{ tenant_id: string }>(`select tenant_id from ${table}`);
      expect(new Set(rows.map((row) => row.tenant_id)), table).toEqual(new Set([uuidFromId(one.id)]));
    }
    expect(await tx.execute('delete from documents')).toBe(1);
  });
  await own.close();
  expect(await find(two, 'orders', { n: 1 })).toHaveLength(1);
});

it('a table is deleted with all of its rows, however many and large, and its name is free again', async () => {
  const tenant = await db.makeTenant();
  await fill(
    tenant,
    'orders',
    Array.from({ length: 2500 }, (_, n) => ({ n })),
  );
  for (let n = 0; n < 30; n += 1) await tables.insert(tenant, 'orders', { n, text: 'x'.repeat(200_000) });
  const kept = await tables.insert(tenant, 'kept', { n: 1 });
  // What `fill` put in was not counted.
  await db.sql(
    `update document_usage set documents = (select count(*) from documents d where d.tenant_id = $1),
       bytes = (select sum(size) from documents d where d.tenant_id = $1) where tenant_id = $1`,
    [uuidFromId(tenant.id)],
  );
  await tables.drop({ tenant, actor: 'test' }, 'orders');
  expect(await tables.query(tenant, 'orders', {})).toEqual([]);
  expect(await tables.query(tenant, 'kept', {})).toEqual([kept]);
  expect(await entriesOf(tenant)).toBe(1);
  expect((await usage(tenant)).rows).toBe(1);
  expect((await tables.tables(tenant)).items.filter(({ kind }) => kind === 'table').map(({ name }) => name)).toEqual([
    'kept',
  ]);
  await expect(tables.drop({ tenant, actor: 'test' }, 'orders')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  await tables.insert(tenant, 'orders', { n: 1 });
  expect(await usage(tenant)).toMatchObject({ tables: 2, rows: 2 });
});
