import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  const company = { view: 'tenants', tenant_column: 'slug', tenant: 'slug', id_column: 'id' };
  annex = await startTestAnnex({ ANNEX_TABLES_TENANT_COUNT: '3', ANNEX_TABLES: JSON.stringify({ company }) });
});
afterAll(() => annex.stop());

/** A plugin whose route hands its body to `ctx.db`, in the sandbox: `{ call, args }`. */
const code = pluginCode('tables');
const permissions = ['db.read', 'db.write'];

async function install(
  tenant: TestTenant,
  manifest: Record<string, unknown> = { permissions },
): Promise<(call: string, ...args: unknown[]) => Promise<Answer['body']>> {
  const installed = await tenant.install(
    { manifest: { routes: true, events: ['order.paid'], secrets: ['API_KEY'], ...manifest }, code },
    { secrets: { API_KEY: 'sk-canary-7c1f5a90' } },
  );
  expect(installed.status, JSON.stringify(installed.body)).toBeLessThan(300);
  return async (call, ...args) => {
    const answer = await tenant.owner.post('/ext/probe/db', { call, args });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
}

describe('a plugin with db.read and db.write', () => {
  it('makes a table by inserting, finds, changes and deletes its rows', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant);
    expect(await db('query', 'orders')).toEqual({ value: [] });
    expect(await db('count', 'orders', {})).toEqual({ value: 0 });
    const { value: first } = await db('insert', 'orders', {
      customer: { name: 'Ada' },
      total: 120,
      tags: ['new', 'eu'],
      note: null,
    });
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/),
      created_at: expect.any(String),
      updated_at: first.created_at,
      customer: { name: 'Ada' },
      total: 120,
      tags: ['new', 'eu'],
      note: null,
    });
    await db('insert', 'orders', { customer: { name: 'Grace' }, total: 30, tags: [] });
    const { value: third } = await db('insert', 'orders', { customer: { name: 'Alan' }, total: 90 });

    expect(
      (await db('query', 'orders', { total: { $gt: 50 } }, { orderBy: '-total' })).value.map(
        (row: { total: number }) => row.total,
      ),
    ).toEqual([120, 90]);
    expect(
      (
        await db('query', 'orders', {
          'customer.name': { $like: 'A%' },
          $or: [{ tags: 'eu' }, { tags: { $exists: false } }],
        })
      ).value,
    ).toHaveLength(2);
    expect((await db('query', 'orders', null, { limit: 1, offset: 1 })).value[0].customer.name).toBe('Grace');
    expect(await db('getById', 'orders', first.id)).toEqual({ value: first });
    expect(await db('getById', 'orders', 'not-an-id')).toEqual({ value: null });
    expect(await db('count', 'orders', { total: { $in: [30, 90] } })).toEqual({ value: 2 });

    const { value: changed } = await db('update', 'orders', third.id, {
      ...third,
      total: 95,
      paid: true,
      $unset: ['customer'],
    });
    expect(changed).toEqual({
      id: third.id,
      created_at: third.created_at,
      updated_at: changed.updated_at,
      total: 95,
      paid: true,
    });
    expect(changed.updated_at >= third.updated_at).toBe(true);
    expect(await db('update', 'orders', '018f0000-0000-7000-8000-000000000000', { total: 1 })).toEqual({ value: null });
    expect(await db('delete', 'orders', first.id)).toEqual({ value: true });
    expect(await db('delete', 'orders', first.id)).toEqual({ value: false });
    expect(await db('count', 'orders')).toEqual({ value: 2 });
  });

  it('reads users, events and runs, but no more of them than is shown, and changes none', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant);
    await tenant.owner.post('/api/events', { type: 'order.made', data: { order: 1 } });
    const { value: users } = await db('query', 'users', { role: 'owner' });
    expect(users).toHaveLength(1);
    expect(Object.keys(users[0]).sort()).toEqual(['created_at', 'email', 'id', 'role', 'updated_at']);
    const me = (await tenant.owner.get('/api/auth/me')).body.user.id;
    expect(users[0].id).toBe(me);
    expect((await db('getById', 'users', me)).value.email).toBe(users[0].email);
    expect((await db('query', 'events', { type: 'order.made' })).value[0]).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      type: 'order.made',
      data: { order: 1 },
    });
    expect(Array.isArray((await db('query', 'runs', { kind: 'route' }, { limit: 3 })).value)).toBe(true);
    expect((await db('query', 'files')).value).toEqual([]);
    for (const table of ['users', 'files', 'events', 'runs']) {
      expect(await db('insert', table, { email: 'x@y.test' })).toMatchObject({ code: 'TABLE_READ_ONLY' });
      expect(await db('update', table, me, { role: 'owner' })).toMatchObject({ code: 'TABLE_READ_ONLY' });
      expect(await db('delete', table, me)).toMatchObject({ code: 'TABLE_READ_ONLY' });
    }
    expect((await db('query', 'users')).value).toEqual(users);
  });

  it('gets one clear error for hostile input, and nothing changes', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant);
    const refused: [string, unknown[], RegExp][] = [
      ['query', ['orders', { $where: 'sleep(1)' }], /\$where/],
      ['query', ['orders', { a: { $gte: [] } }], /argument 2, \/a\/\$gte/],
      ['query', ['orders', {}, { limit: 1001 }], /limit/],
      ['query', ['orders', {}, { orderBy: 'a..b' }], /orderBy/],
      ['query', ['Orders; drop table users'], /table name/],
      ['query', ['__proto__'], /table name/],
      ['insert', ['orders', { id: 'mine' }], /argument 2, \/id/],
      ['insert', ['orders', { a: 'x\0y' }], /U\+0000/],
      ['insert', ['orders', { $set: { a: 1 } }], /begins with \$/],
      ['insert', ['orders', { a: { constructor: 1 } }], /constructor/],
      ['insert', ['orders', [1]], /object/],
      ['update', ['orders', 'x', { $unset: 'a' }], /\$unset/],
      ['insert', ['orders', { a: 'x'.repeat(300_000) }], /limit of a row/],
    ];
    for (const [call, args, message] of refused) {
      const answer = await db(call, ...args);
      expect(answer.code, JSON.stringify(args).slice(0, 200)).toMatch(/^(INVALID_ARGUMENTS|PAYLOAD_TOO_LARGE)$/);
      expect(answer.message).toMatch(message);
    }
    expect(await db('insert', 'annex_orders', {})).toMatchObject({ code: 'TABLE_NAME_RESERVED' });
    expect(await db('count', 'orders')).toEqual({ value: 0 });
    expect((await tenant.owner.get('/api/data')).body.usage).toEqual({ tables: 0, rows: 0, bytes: 0 });
  });

  it('may make only so many tables', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant);
    for (const table of ['one', 'two', 'three']) expect(await db('insert', table, {})).toHaveProperty('value');
    expect(await db('insert', 'four', {})).toMatchObject({
      code: 'TABLE_LIMIT',
      message: expect.stringContaining('3 tables'),
    });
    expect(await db('insert', 'three', {})).toHaveProperty('value');
    expect((await tenant.owner.delete('/api/data/two')).status).toBe(204);
    expect(await db('insert', 'four', {})).toHaveProperty('value');
  });

  it('writes at once, also in a run that fails afterwards', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant);
    const sent = await tenant.owner.post('/api/plugins/test-event', {
      event_type: 'order.paid',
      event_data: { order: 7 },
    });
    expect(sent.status).toBe(200);
    expect((await db('query', 'ledger', { order: 7 }, { limit: 1 })).value).toMatchObject([{ order: 7, attempt: 1 }]);
  });

  it('keeps no secret in a row', async () => {
    const tenant = await annex.makeTenant();
    await install(tenant);
    const answer = await tenant.owner.post('/ext/probe/raw', {});
    expect(answer.status).toBe(200);
    const kept = (await tenant.owner.get('/api/data/leaks')).body.items;
    expect(kept).toHaveLength(1);
    expect(JSON.stringify(kept)).not.toContain('canary');
    expect(kept[0].plain).toBe(1);
  });
});

describe('a view that the operator mapped', () => {
  it('is a read-only table of the tenant’s own rows, behind the same grants', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant, { permissions: [{ name: 'db.read', tables: ['company'] }, 'db.write'] });
    expect((await db('query', 'company', { name: tenant.slug })).value).toMatchObject([
      { name: tenant.slug, created_at: expect.any(String) },
    ]);
    expect(await db('count', 'company')).toEqual({ value: 1 });
    expect(await db('insert', 'company', { name: 'other' })).toMatchObject({ code: 'TABLE_READ_ONLY' });
    expect(await db('query', 'users')).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect((await tenant.owner.get('/api/data/company')).body.items).toHaveLength(1);
  });

  it('stops the start when it is not there, with all that is wrong', async () => {
    const wrong = {
      one: { view: 'no.such', tenant_column: 'slug' },
      two: { view: 'tenants', tenant_column: 'no', id_column: 'neither' },
    };
    await expect(startTestAnnex({ ANNEX_TABLES: JSON.stringify(wrong) })).rejects.toThrow(
      /ANNEX_TABLES: \/one\/view[^]*ANNEX_TABLES: \/two\/tenant_column[^]*ANNEX_TABLES: \/two\/id_column/,
    );
  });
});

describe('what was not granted', () => {
  it('is denied and changes nothing, and permissions.has says so', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant, { permissions: ['db.read'] });
    expect((await tenant.owner.get('/ext/probe/may')).body).toEqual({ read: true, write: false });
    expect(await db('insert', 'orders', { a: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await db('count', 'orders')).toEqual({ value: 0 });
  });

  it('is every table but those that the grant names', async () => {
    const tenant = await annex.makeTenant();
    const db = await install(tenant, {
      permissions: [
        { name: 'db.read', tables: ['users', 'orders'] },
        { name: 'db.write', tables: ['orders'] },
      ],
    });
    expect((await db('query', 'users')).value).toHaveLength(1);
    expect(await db('insert', 'orders', { a: 1 })).toHaveProperty('value');
    for (const [call, ...args] of [
      ['query', 'events'],
      ['count', 'runs'],
      ['getById', 'invoices', 'x'],
      ['insert', 'invoices', {}],
      ['update', 'users', 'x', {}],
      ['delete', 'invoices', 'x'],
    ] as const) {
      expect(await db(call, ...args), `${call} ${args[0]}`).toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining(args[0] as string),
      });
    }
    expect((await tenant.owner.get('/api/data/invoices')).body.items).toEqual([]);
  });
});

it('two tenants at once use tables of one name and never see each other’s rows', async () => {
  const tenants = await Promise.all([annex.makeTenant(), annex.makeTenant()]);
  await Promise.all(
    tenants.map(async (tenant, mine) => {
      const db = await install(tenant);
      const rows = await Promise.all(
        Array.from({ length: 20 }, (_, n) => db('insert', 'orders', { owner: tenant.slug, n })),
      );
      const other = tenants[1 - mine];
      const theirs = (await other!.owner.post('/api/data/orders', { owner: other!.slug, n: -1 })).body.id;
      expect(await db('getById', 'orders', theirs)).toEqual({ value: null });
      expect(await db('update', 'orders', theirs, { owner: 'stolen' })).toEqual({ value: null });
      expect(await db('delete', 'orders', theirs)).toEqual({ value: false });
      expect(await db('count', 'orders', { id: theirs })).toEqual({ value: 0 });
      const found = (await db('query', 'orders', { n: { $gte: 0 } })).value as { owner: string }[];
      expect(found).toHaveLength(rows.length);
      expect(found.every(({ owner }) => owner === tenant.slug)).toBe(true);
      expect((await db('query', 'users')).value).toHaveLength(1);
    }),
  );
});

describe('/api/data', () => {
  it('does over REST what ctx.db does, paged by cursors', async () => {
    const tenant = await annex.makeTenant();
    const { owner } = tenant;
    const made = await owner.post('/api/data/orders', { n: 0, city: 'Rom' }, { 'idempotency-key': 'first' });
    expect(made.status).toBe(201);
    const again = await owner.post('/api/data/orders', { n: 0, city: 'Rom' }, { 'idempotency-key': 'first' });
    expect(again.body).toEqual(made.body);
    for (let n = 1; n < 7; n += 1) await owner.post('/api/data/orders', { n, city: n % 2 ? 'Ulm' : 'Rom' });

    for (const order of ['', '&order_by=-n', '&order_by=city,-n', '&order_by=-id']) {
      const seen: number[] = [];
      let cursor: string | null = null;
      do {
        const page: Answer = await owner.get(
          `/api/data/orders?limit=3${order}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
        );
        expect(page.status, JSON.stringify(page.body)).toBe(200);
        seen.push(...page.body.items.map(({ n }: { n: number }) => n));
        cursor = page.body.next_cursor;
      } while (cursor);
      expect(seen, order).toEqual(
        {
          '': [0, 1, 2, 3, 4, 5, 6],
          '&order_by=-n': [6, 5, 4, 3, 2, 1, 0],
          '&order_by=city,-n': [6, 4, 2, 0, 5, 3, 1],
          '&order_by=-id': [6, 5, 4, 3, 2, 1, 0],
        }[order],
      );
    }
    const filter = encodeURIComponent(JSON.stringify({ city: 'Ulm', n: { $lt: 5 } }));
    expect((await owner.get(`/api/data/orders?filter=${filter}`)).body.items.map(({ n }: { n: number }) => n)).toEqual([
      1, 3,
    ]);

    const { id } = made.body;
    expect((await owner.patch(`/api/data/orders/${id}`, { city: null, $unset: ['n'] })).body).toMatchObject({
      id,
      city: null,
    });
    expect((await owner.get(`/api/data/orders/${id}`)).body).not.toHaveProperty('n');
    expect((await owner.delete(`/api/data/orders/${id}`)).status).toBe(204);
    for (const gone of [
      await owner.get(`/api/data/orders/${id}`),
      await owner.patch(`/api/data/orders/${id}`, {}),
      await owner.delete(`/api/data/orders/${id}`),
    ]) {
      expect(gone.status).toBe(404);
      expect(gone.body.code).toBe('ROW_NOT_FOUND');
    }
    const listing = (await owner.get('/api/data')).body;
    expect(listing.items.map(({ name }: { name: string }) => name)).toEqual([
      'company',
      'events',
      'files',
      'orders',
      'runs',
      'users',
    ]);
    expect(listing.usage).toMatchObject({ tables: 1, rows: 6 });
  });

  it('answers problems that point at what is wrong', async () => {
    const { owner } = await annex.makeTenant();
    const pointers = (answer: Answer) => answer.body.errors?.map(({ pointer }: { pointer: string }) => pointer);
    const bad = (filter: unknown) =>
      owner.get(
        `/api/data/orders?filter=${encodeURIComponent(typeof filter === 'string' ? filter : JSON.stringify(filter))}`,
      );
    for (const [filter, pointer] of [
      [{ a: { $regex: 'x' } }, '/filter/a/$regex'],
      [{ $or: [{ 'a/b': { $gt: null } }] }, '/filter/$or/0/a~1b/$gt'],
      ['{', '/filter'],
      ['[1]', '/filter'],
      ['['.repeat(2000) + ']'.repeat(2000), '/filter'],
    ] as const) {
      const answer = await bad(filter);
      expect(answer.status, JSON.stringify(answer.body)).toBe(422);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(pointers(answer)).toEqual([pointer]);
    }
    expect(pointers(await owner.get('/api/data/orders?order_by=a,,b'))).toEqual(['/order_by/1']);
    expect(pointers(await owner.get('/api/data/orders?cursor=bm8'))).toEqual(['/cursor']);
    expect(pointers(await owner.get('/api/data/Orders'))).toEqual(['/table']);
    expect(pointers(await owner.post('/api/data/orders', { id: 'x', created_at: 'y', $inc: { n: 1 } }))).toEqual([
      '/id',
      '/created_at',
      '/$inc',
    ]);
    const large = await owner.request('POST', '/api/data/orders', {
      raw: '{"n": 1e999}',
      headers: { 'content-type': 'application/json' },
    });
    expect(large.status).toBe(422);
    expect((await owner.post('/api/data/users', { email: 'a@b.test' })).body.code).toBe('TABLE_READ_ONLY');
    expect((await owner.delete('/api/data/nothing')).body.code).toBe('TABLE_NOT_FOUND');
    expect((await owner.get('/api/data/orders')).body).toEqual({ items: [], next_cursor: null });
  });

  it('lets viewers read, developers write, admins delete tables; members and nobody below list users', async () => {
    const tenant = await annex.makeTenant();
    await tenant.owner.post('/api/data/orders', { n: 1 });
    const [viewer, member, developer, admin] = await Promise.all(
      ['viewer', 'member', 'developer', 'admin'].map((role) => tenant.as(role)),
    );
    expect((await viewer!.get('/api/data/orders')).body.items).toHaveLength(1);
    expect((await viewer!.get('/api/data/users')).status).toBe(403);
    expect((await member!.get('/api/data/users')).status).toBe(200);
    for (const client of [viewer, member]) expect((await client!.post('/api/data/orders', { n: 2 })).status).toBe(403);
    expect((await developer!.post('/api/data/orders', { n: 2 })).status).toBe(201);
    expect((await developer!.delete('/api/data/orders')).status).toBe(403);
    expect((await admin!.delete('/api/data/orders')).status).toBe(204);
    expect((await tenant.owner.get('/api/data')).body.usage).toEqual({ tables: 0, rows: 0, bytes: 0 });
    const trail = (await tenant.owner.get('/api/audit')).body.items;
    expect(trail[0]).toMatchObject({ action: 'table.deleted', target: 'orders' });
  });

  it('forgets everything of a tenant that is deleted', async () => {
    const tenant = await annex.makeTenant();
    await tenant.owner.post('/api/data/orders', { n: 1, name: 'somebody' });
    expect(
      (await annex.operator.delete(`/api/tenants/${tenant.slug}?now=true&confirm=${tenant.slug}`)).status,
    ).toBeLessThan(300);
    await expect
      .poll(
        () =>
          annex.db.sql(
            `select (select count(*)::int from documents) + (select count(*)::int
             from document_values) + (select count(*)::int from document_tables) as left
             where exists (select 1 from tenants where slug = $1)`,
            [tenant.slug],
          ),
        { timeout: 30_000 },
      )
      .toEqual([]);
    const [row] = await annex.db.sql<{ left: number }>(
      `select count(*)::int as left from document_values v
       where not exists (select 1 from tenants t where t.id = v.tenant_id)`,
    );
    expect(row?.left).toBe(0);
  });
});
