/** A tenant moves from one server to another as one file, and no other file becomes a tenant. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { archivedTables, otherTables } from '@annex/archives';
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTar, tarEnd, tarHeader, tarPadding } from '../../libs/archives/src/tar/tar.js';
import { makeClient, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let from: TestAnnex;
let to: TestAnnex;
beforeAll(async () => {
  [from, to] = await Promise.all([startTestAnnex(), startTestAnnex()]);
});
afterAll(() => Promise.all([from.stop(), to.stop()]));

const passphrase = 'correct horse battery';
const mover = {
  manifest: {
    slug: 'mover',
    routes: true,
    secrets: ['WORD'],
    permissions: ['files.read', 'db.write'],
    events: ['a.b'],
    jobs: [{ name: 'tick', schedule: '* * * * * *', overlap: 'allow', catch_up: 'none' }],
  },
  code: `
    import { hook, job, route } from '@annex/sdk';
    route('/word', async (ctx) => ({ word: await ctx.secrets.get('WORD'), ticks: (await ctx.kv.get('ticks')) ?? 0 }));
    hook('a.b', async (ctx) => { await ctx.db.insert('orders', { n: 1.5, text: 'a\\u0007b' }); });
    job('tick', async (ctx) => { await ctx.kv.incr('ticks'); console.log('tick'); });
  `,
};

async function download(annex: TestAnnex, path: string, words?: string): Promise<{ status: number; bytes: Buffer }> {
  const response = await fetch(`${annex.url}${path}`, {
    headers: {
      authorization: `Bearer ${annex.operator.token}`,
      ...(words !== undefined && { 'x-archive-passphrase': words }),
    },
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

const send = (annex: TestAnnex, bytes: Buffer, { words, query = '' }: { words?: string; query?: string } = {}) =>
  annex.operator.request('POST', `/api/tenants/import${query}`, {
    raw: new Uint8Array(bytes),
    headers: { 'content-type': 'application/gzip', ...(words !== undefined && { 'x-archive-passphrase': words }) },
  });

const uuidOf = (tenant: TestTenant): string => uuidFromId(tenant.id as Id<'tenant'>);

/** Every row of a tenant, by table, without what only counts or belongs to a server. */
async function rowsOf(annex: TestAnnex, uuid: string): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const name of [...archivedTables.map((table) => table.name), 'files', 'file_usage']) {
    if (name === 'usage' || name === 'audit') continue;
    const found = await annex.db.sql<{ row: string }>(
      `select row_to_json(t)::text as row from ${name} t where tenant_id = '${uuid}'`,
    );
    const isNumbered = name === 'run_logs' || name === 'webhook_attempts';
    rows[name] = found
      .map(({ row }) => {
        const { id, object: _, ...rest } = JSON.parse(row) as Record<string, unknown>;
        return JSON.stringify(isNumbered ? rest : { id, ...rest });
      })
      .sort();
  }
  const counted = await annex.db.sql<{ row: string }>(
    `select kind || ' ' || sum(n) || ' ' || sum(bytes) as row from quota_use
     where tenant_id = '${uuid}' and kind not like 'idempotency%' group by kind having sum(n) <> 0`,
  );
  return { ...rows, quota_use: counted.map(({ row }) => row).sort() };
}

async function makeMover(): Promise<{ tenant: TestTenant; token: string }> {
  const tenant = await from.makeTenant();
  await tenant.install(mover, { secrets: { WORD: 'a secret word' } });
  const { token } = (await tenant.owner.post('/api/tokens', { name: 'kept' })).body;
  await tenant.owner.request('PUT', '/api/files/a/b.txt', { raw: 'the bytes of a file' });
  await tenant.owner.request('PUT', '/api/files/empty', { raw: '' });
  await tenant.owner.post('/api/webhooks', {
    url: 'https://example.com/in',
    events: ['x.y'],
    name: 'out',
    secret: 'whsec_c2VjcmV0IG9mIGEgd2ViaG9vaw==',
  });
  await tenant.owner.post('/api/events', { type: 'a.b', data: { text: 'NUL \u0000 and 1.0' } });
  await until(
    () => tenant.owner.get('/api/data/orders'),
    ({ body }) => body.items?.length > 0,
  );
  await until(
    () => tenant.owner.get('/ext/mover/word'),
    ({ body }) => body.ticks > 0,
  );
  await from.operator.post(`/api/tenants/${tenant.slug}/suspend`, { reason: 'It moves.' });
  // What a process still holds of runs that ended is written within a second.
  let last = '';
  await until(
    async () => {
      await new Promise((done) => setTimeout(done, 600));
      return JSON.stringify(await rowsOf(from, uuidOf(tenant)));
    },
    (now) => {
      const isStill = now === last && !now.includes('"status":"running"');
      last = now;
      return isStill;
    },
  );
  return { tenant, token };
}

/** The entries of an archive, changed, under a checksum that is right again. */
async function repacked(
  bytes: Buffer,
  change: (entries: { name: string; bytes: Buffer }[]) => { name: string; bytes: Buffer }[],
): Promise<Buffer> {
  const entries: { name: string; bytes: Buffer }[] = [];
  for await (const { name, body } of readTar(
    (async function* () {
      yield await Promise.resolve(gunzipSync(bytes));
    })(),
  )) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    entries.push({ name, bytes: Buffer.concat(chunks) });
  }
  const end = JSON.parse(entries.pop()?.bytes.toString() ?? '') as { tables: Record<string, object>; files: object };
  const changed = change(entries);
  const whole = createHash('sha256');
  for (const name of Object.keys(end.tables)) {
    const parts = changed.filter((entry) => entry.name.startsWith(`tables/${name}/`)).map((entry) => entry.bytes);
    const text = Buffer.concat(parts);
    end.tables[name] = {
      rows: text.toString().split('\n').length - 1,
      sha256: createHash('sha256').update(text).digest('hex'),
    };
  }
  for (const entry of changed) whole.update(`${entry.name}\0${entry.bytes.length}\n`).update(entry.bytes);
  const sha256 = whole.update(JSON.stringify({ tables: end.tables, files: end.files })).digest('hex');
  const last = { name: 'end.json', bytes: Buffer.from(JSON.stringify({ ...end, sha256, mac: null })) };
  const packed = [...changed, last].flatMap((entry) => [
    tarHeader(entry.name, entry.bytes.length),
    entry.bytes,
    tarPadding(entry.bytes.length),
  ]);
  return gzipSync(Buffer.concat([...packed, tarEnd()]));
}

it('has a place for every table that holds rows of tenants', async () => {
  const tables = await from.db.sql<{ name: string }>(
    `select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where a.attname = 'tenant_id' and c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace`,
  );
  const known = new Set([...archivedTables.map(({ name }) => name), ...Object.keys(otherTables)]);
  expect(tables.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});

describe('a tenant that moves', () => {
  it('is the same row by row, answers, opens its secrets and goes on with its schedule', async () => {
    const { tenant, token } = await makeMover();
    const { status, bytes } = await download(from, `/api/tenants/${tenant.slug}/export`, passphrase);
    expect(status).toBe(200);
    expect(gunzipSync(bytes).includes('a secret word')).toBe(false);
    for (const words of [undefined, 'another passphrase'])
      expect(await send(to, bytes, { words })).toMatchObject({ status: 422, body: { code: 'ARCHIVE_PASSPHRASE' } });

    const taken = await send(to, bytes, { words: passphrase });
    expect(taken).toMatchObject({
      status: 201,
      body: { files: 2, tenant: { id: tenant.id, slug: tenant.slug, suspension: { scope: 'everything' } } },
    });
    expect(await rowsOf(to, uuidOf(tenant))).toEqual(await rowsOf(from, uuidOf(tenant)));
    const [here, there] = await Promise.all(
      [from, to].map((annex) =>
        annex.db.sql(`select seq, hash from audit where tenant_id = '${uuidOf(tenant)}' order by seq`),
      ),
    );
    expect(there?.slice(0, here?.length)).toEqual(here);
    expect(await send(to, bytes, { words: passphrase })).toMatchObject({
      status: 409,
      body: { code: 'ARCHIVE_COLLIDES' },
    });

    const client = makeClient(to.url, token, tenant.slug);
    expect(await client.get('/ext/mover/word')).toMatchObject({ status: 403, body: { code: 'TENANT_SUSPENDED' } });
    await to.operator.post(`/api/tenants/${tenant.slug}/resume`);
    const first = await client.get('/ext/mover/word');
    expect(first).toMatchObject({ status: 200, body: { word: 'a secret word' } });
    await until(
      () => client.get('/ext/mover/word'),
      ({ body }) => body.ticks > first.body.ticks,
    );
    expect(await client.get('/api/files/a/b.txt')).toMatchObject({ status: 200, body: 'the bytes of a file' });
    expect((await client.get('/api/data/orders')).body.items).toMatchObject([{ n: 1.5, text: 'a\u0007b' }]);
    // The wheel of audit goes on turning.
    expect((await client.get('/api/audit?action=tenant.imported')).body.items).toHaveLength(1);
    const trail = (await from.operator.get(`/api/audit/platform?target=${tenant.slug}`)).body.items;
    expect(trail[0]).toMatchObject({ action: 'tenant.exported', detail: { secrets: true } });
  });

  it('leaves secrets and what lets people in behind without a passphrase, and may take another slug', async () => {
    const { tenant, token } = await makeMover();
    const { bytes } = await download(from, `/api/tenants/${tenant.slug}/export`);
    expect(await send(to, bytes, { query: `?slug=${tenant.slug}-new&start=true` })).toMatchObject({
      status: 201,
      body: { tenant: { slug: `${tenant.slug}-new`, suspension: null } },
    });
    expect((await makeClient(to.url, token, `${tenant.slug}-new`).get('/api/plugins/')).status).toBe(401);
    expect(await to.db.sql(`select 1 from secrets where tenant_id = '${uuidOf(tenant)}'`)).toEqual([]);
    const [hook] = await to.db.sql<{ ciphertext: unknown; disabled_at: unknown }>(
      `select ciphertext, disabled_at from webhooks where tenant_id = '${uuidOf(tenant)}'`,
    );
    expect(hook).toMatchObject({ ciphertext: null, disabled_at: expect.any(Date) });
  });

  it('may be asked for by its owner, and by nobody below', async () => {
    const tenant = await from.makeTenant();
    const own = await tenant.owner.get('/api/tenant/export');
    expect(own).toMatchObject({ status: 200 });
    expect(own.headers.get('content-type')).toBe('application/gzip');
    expect((await (await tenant.as('admin')).get('/api/tenant/export')).status).toBe(403);
    // Values of secrets leave no tenant by its own hand, locked or not.
    expect(
      await tenant.owner.get('/api/tenant/export', { 'x-archive-passphrase': 'a passphrase of its own' }),
    ).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await tenant.owner.get(`/api/tenants/${tenant.slug}/export`)).status).toBe(403);
    expect((await from.operator.get('/api/tenants/never-was/export')).status).toBe(404);
    expect(
      (await from.operator.get(`/api/tenants/${tenant.slug}/export`, { 'x-archive-passphrase': 'short' })).body,
    ).toMatchObject({ code: 'ARCHIVE_PASSPHRASE' });
    expect((await tenant.owner.request('POST', '/api/tenants/import', { raw: 'x' })).status).toBe(403);
  });
});

it('takes nothing of a file that no Annex wrote', async () => {
  const { tenant } = await makeMover();
  const { bytes } = await download(from, `/api/tenants/${tenant.slug}/export`);
  const flipped = Buffer.from(gunzipSync(bytes));
  const at = flipped.indexOf('"slug": "mover"') === -1 ? flipped.indexOf('mover') : flipped.indexOf('mover');
  flipped.write('Mover', at);
  type Entries = { name: string; bytes: Buffer }[];
  const inTable = (name: string, change: (text: string) => string) => (entries: Entries) =>
    entries.map((entry) =>
      entry.name.startsWith(`tables/${name}/`)
        ? { ...entry, bytes: Buffer.from(change(entry.bytes.toString())) }
        : entry,
    );
  const inHead =
    (pattern: RegExp, text: string) =>
    ([head, ...rest]: Entries): Entries => [
      { name: 'annex-tenant.json', bytes: Buffer.from(String(head?.bytes).replace(pattern, text)) },
      ...rest,
    ];
  const hostile: Record<string, Buffer> = {
    'no gzip': Buffer.from('hello'),
    empty: Buffer.alloc(0),
    'cut off': bytes.subarray(0, bytes.length - 200),
    'a changed byte': gzipSync(flipped),
    'a bomb': gzipSync(Buffer.concat([tarHeader('annex-tenant.json', 200_000_000), Buffer.alloc(200_000_000)])),
    'a file after its end': gzipSync(
      Buffer.concat([
        gunzipSync(bytes).subarray(0, -tarEnd().length),
        tarHeader('files/0000000099', 1),
        Buffer.from('x'),
        tarPadding(1),
        tarEnd(),
      ]),
    ),
    'a path that climbs': await repacked(bytes, (entries) => [
      ...entries,
      { name: '../../etc/passwd', bytes: Buffer.from('x') },
    ]),
    'a table of the platform': await repacked(bytes, (entries) => [
      ...entries,
      { name: 'tables/operators/00000000.ndjson', bytes: Buffer.from('{}\n') },
    ]),
    'rows of another tenant': await repacked(
      bytes,
      inTable('kv', (text) =>
        text.replaceAll('{"installation_id"', `{"tenant_id" : "${uuidOf(tenant)}", "installation_id"`),
      ),
    ),
    'rows that cannot be': await repacked(
      bytes,
      inTable('runs', (text) => text.replaceAll('"attempt_count" : "', '"attempt_count" : "x')),
    ),
    'rows without what they refer to': await repacked(
      bytes,
      inTable('installations', () => ''),
    ),
    'code of another hash': await repacked(
      bytes,
      inTable('blobs', (text) => text.replace('"bytes" : "\\\\x', '"bytes" : "\\\\x00')),
    ),
    'a schedule that no worker can read': await repacked(
      bytes,
      inTable('schedules', (text) => text.replace('* * * * * *', '* * *')),
    ),
    'another schema': await repacked(bytes, inHead(/"schema":"[^"]*"/, '"schema":"next"')),
    'a time zone of no place': await repacked(bytes, inHead(/"timezone":"[^"]*"/, '"timezone":"Mars/Olympus"')),
    'half a user as a quota': await repacked(bytes, inHead(/"quotas":\{[^}]*\}/, '"quotas":{"users":1.5}')),
  };
  for (const [what, file] of Object.entries(hostile)) {
    const answer: Answer = await send(to, file);
    expect({ what, code: answer.body.code }).toEqual({
      what,
      code: { 'a bomb': 'ARCHIVE_INVALID', 'another schema': 'ARCHIVE_VERSION' }[what] ?? 'ARCHIVE_INVALID',
    });
  }
  expect(await to.db.sql(`select 1 from tenants where id = '${uuidOf(tenant)}'`)).toEqual([]);
  expect(
    await to.db.sql(
      `select 1 from file_objects where owner = '${uuidOf(tenant)}' and due_at > now() + interval '1 minute'`,
    ),
  ).toEqual([]);
  expect((await send(to, bytes)).status).toBe(201);
});
