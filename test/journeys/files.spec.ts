/** Tenant files over HTTP and through `ctx.files`: a real disk, real executors, real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

const KiB = 1024;
let annex: TestAnnex;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annex-files-'));
  annex = await startTestAnnex({
    FILES_URL: `file://${folder}`,
    ANNEX_FILE_MAX_BYTES: String(512 * KiB),
    ANNEX_FILES_TENANT_BYTES: String(1024 * KiB),
    ANNEX_FILES_TENANT_COUNT: '30',
  });
});
afterAll(async () => {
  await annex?.stop();
  await rm(folder, { recursive: true, force: true });
});

const put = (
  client: Client,
  key: string,
  raw: RequestInit['body'],
  headers: Record<string, string> = {},
): Promise<Answer> => client.request('PUT', `/api/files/${key}`, { raw, headers });
const raw = (client: Client, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${annex.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${client.token}`, ...(init.headers as Record<string, string>) },
  });
const objectsOnDisk = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
const objectsOf = async (tenant: TestTenant): Promise<string[]> =>
  (
    await annex.db.sql<{ object: string }>(
      `select object from files f join tenants t on t.id = f.tenant_id where t.slug = $1`,
      [tenant.slug],
    )
  ).map(({ object }) => object);
/** A request that a well-behaved client would not send: its path as it is, or a body that stops in the middle. */
function send(
  client: Client,
  method: string,
  path: string,
  write: (request: ReturnType<typeof httpRequest>) => void,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string } | 'cut off'> {
  const { hostname, port } = new URL(annex.url);
  return new Promise((resolve) => {
    const request = httpRequest(
      { hostname, port, method, path, headers: { authorization: `Bearer ${client.token}`, ...headers } },
      (response) => {
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', () => resolve('cut off'));
      },
    );
    request.on('error', () => resolve('cut off'));
    write(request);
  });
}

describe('PUT, GET, HEAD and DELETE /api/files', () => {
  it('keeps bytes as they came, with type, size and a tag of the content', async () => {
    const { owner } = await annex.makeTenant();
    const bytes = randomBytes(300 * KiB);
    const made = await put(owner, 'reports/2026/q1.bin', bytes);
    expect(made).toMatchObject({
      status: 201,
      body: { key: 'reports/2026/q1.bin', size: bytes.length, content_type: 'application/octet-stream' },
    });
    expect(made.headers.get('etag')).toBe(`"${made.body.etag}"`);
    const got = await raw(owner, '/api/files/reports/2026/q1.bin');
    expect(got.status).toBe(200);
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(bytes.length),
      etag: `"${made.body.etag}"`,
      'x-content-type-options': 'nosniff',
      'content-disposition': 'attachment; filename="q1.bin"',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    const head = await raw(owner, '/api/files/reports/2026/q1.bin', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(bytes.length),
      '',
    ]);
    expect(await owner.delete('/api/files/reports/2026/q1.bin')).toMatchObject({ status: 204 });
    expect(await owner.get('/api/files/reports/2026/q1.bin')).toMatchObject({
      status: 404,
      body: { code: 'FILE_NOT_FOUND' },
    });
    expect(await owner.delete('/api/files/reports/2026/q1.bin')).toMatchObject({
      status: 404,
      body: { code: 'FILE_NOT_FOUND' },
    });
  });

  it('takes any body as bytes: JSON, forms, text, nothing; the type is the sender’s, else the key’s', async () => {
    const { owner } = await annex.makeTenant();
    const types: [string, RequestInit['body'], Record<string, string>, string][] = [
      ['a.json', '{"not": json', { 'content-type': 'application/json' }, 'application/json'],
      ['b.txt', 'x=1', { 'content-type': 'application/x-www-form-urlencoded' }, 'text/plain'],
      ['c.csv', 'a,b', { 'content-type': 'text/csv; charset=utf-8' }, 'text/csv; charset=utf-8'],
      ['d', Buffer.from([0, 255]), {}, 'application/octet-stream'],
      ['empty.txt', '', {}, 'text/plain'],
    ];
    for (const [key, body, headers, type] of types) {
      const answer = await put(owner, key, body, headers);
      // fetch itself names a type for text.
      expect(answer, key).toMatchObject({
        status: 201,
        body: { key, content_type: key === 'empty.txt' ? expect.stringContaining('text/plain') : type },
      });
      expect(
        Buffer.from(await (await raw(owner, `/api/files/${key}`)).arrayBuffer()).equals(Buffer.from(body as string)),
        key,
      ).toBe(true);
    }
    expect(await put(owner, 'form', new FormData() as never)).toMatchObject({
      status: 415,
      body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    });
    expect(await put(owner, 'type', 'x', { 'content-type': 'nonsense' })).toMatchObject({
      status: 422,
      body: { code: 'FILE_TYPE_INVALID' },
    });
    expect(
      await owner.request('POST', '/api/events', {
        raw: 'x',
        headers: { 'content-type': 'application/vnd.annex.file' },
      }),
    ).toMatchObject({ status: 415 });
  });

  it('answers conditional requests and byte ranges', async () => {
    const { owner } = await annex.makeTenant();
    const { body: file } = await put(owner, 'ten.txt', '0123456789');
    const get = (headers: Record<string, string>): Promise<Answer> => owner.get('/api/files/ten.txt', headers);
    expect((await get({ 'if-none-match': `"${file.etag}"` })).status).toBe(304);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
    expect(await get({ range: 'bytes=2-4' })).toMatchObject({ status: 206, body: 234 });
    expect((await get({ range: 'bytes=2-4' })).headers.get('content-range')).toBe('bytes 2-4/10');
    expect(await get({ range: 'bytes=-3' })).toMatchObject({ status: 206, body: 789 });
    const beyond = await get({ range: 'bytes=10-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect((await get({ range: 'bytes=2-4', 'if-range': '"other"' })).status).toBe(200);
    expect((await put(owner, 'ten.txt', 'new', { 'if-none-match': '*' })).body).toMatchObject({
      code: 'FILE_CHANGED',
      status: 412,
    });
    expect((await put(owner, 'ten.txt', 'new', { 'if-match': '"other"' })).status).toBe(412);
    expect((await put(owner, 'ten.txt', 'new', { 'if-match': `"${file.etag}"` })).status).toBe(200);
    expect((await get({})).body).toBe('new');
  });

  it('lists by prefix, page by page, in the order of the keys', async () => {
    const { owner } = await annex.makeTenant();
    for (const key of ['a/2', 'a/10', 'a/1', 'b/1', 'ä']) await put(owner, encodeURIComponent(key), key);
    const page = await owner.get('/api/files?prefix=a/&limit=2');
    expect(page.body.items.map((file: { key: string }) => file.key)).toEqual(['a/1', 'a/10']);
    expect((await owner.get(`/api/files?prefix=a/&limit=2&cursor=${page.body.next_cursor}`)).body).toMatchObject({
      items: [{ key: 'a/2' }],
      next_cursor: null,
    });
    expect((await owner.get('/api/files/')).body.items).toHaveLength(5);
    expect(await owner.get('/api/files?cursor=%00')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/cursor' }] },
    });
    expect((await owner.get('/api/files?prefix=%00')).body.items).toEqual([]);
  });

  it.each([
    '..',
    '../x',
    'a/../b',
    'a/./b',
    'a//b',
    '/a',
    'a/',
    '%2e%2e/x',
    'a%5Cb',
    'a%00b',
    'a%0Ab',
    'a%E2%80%AEb',
    'x'.repeat(1025),
  ])('refuses the key %s, and touches nothing', async (key) => {
    const { owner } = await annex.makeTenant();
    const answer = await send(owner, 'PUT', `/api/files/${key}`, (request) => request.end('x'));
    expect(answer).toMatchObject({ status: 422 });
    expect(JSON.parse((answer as { body: string }).body)).toMatchObject({
      code: 'FILE_KEY_INVALID',
      errors: [{ pointer: '/key' }],
    });
    expect((await owner.get('/api/files')).body.items).toEqual([]);
  });

  it('takes a key of 1,024 bytes, and one spelling of Unicode for another', async () => {
    const { owner } = await annex.makeTenant();
    const long = `${'d/'.repeat(300)}${'x'.repeat(424)}`;
    expect((await put(owner, long, 'long')).status).toBe(201);
    expect((await owner.get(`/api/files/${long}`)).body).toBe('long');
    expect((await put(owner, encodeURIComponent('Ångström.txt'.normalize('NFD')), 'one')).body.key).toBe(
      'Ångström.txt'.normalize('NFC'),
    );
    expect((await put(owner, encodeURIComponent('Ångström.txt'.normalize('NFC')), 'two')).status).toBe(200);
    expect(
      (await raw(owner, `/api/files/${encodeURIComponent('Ångström.txt')}`)).headers.get('content-disposition'),
    ).toBe(`attachment; filename="_ngstr_m.txt"; filename*=UTF-8''%C3%85ngstr%C3%B6m.txt`);
  });

  it('stops at the limit of a file and of the tenant, and counts what is gone as gone', async () => {
    const { owner } = await annex.makeTenant();
    const half = randomBytes(400 * KiB);
    expect(await put(owner, 'big', randomBytes(513 * KiB))).toMatchObject({
      status: 413,
      body: { code: 'FILE_TOO_LARGE' },
    });
    const chunked = await send(owner, 'PUT', '/api/files/chunked', (request) => {
      for (let part = 0; part < 9; part += 1) request.write(randomBytes(64 * KiB));
      request.end();
    });
    expect(chunked).toMatchObject({ status: 413, body: expect.stringContaining('FILE_TOO_LARGE') });
    expect((await put(owner, 'one', half)).status).toBe(201);
    expect((await put(owner, 'two', half)).status).toBe(201);
    expect(await put(owner, 'three', half)).toMatchObject({
      status: 413,
      body: { code: 'QUOTA_EXCEEDED', quota: 'file_bytes', used: 800 * KiB, max: 1024 * KiB },
    });
    expect((await put(owner, 'two', randomBytes(500 * KiB))).status).toBe(200);
    await owner.delete('/api/files/one');
    expect((await put(owner, 'three', half)).status).toBe(201);
    for (let index = 0; index < 28; index += 1) expect((await put(owner, `n${index}`, 'x')).status).toBe(201);
    expect(await put(owner, 'n28', 'x')).toMatchObject({
      status: 413,
      body: { code: 'QUOTA_EXCEEDED', quota: 'files', used: 30, max: 30 },
    });
    expect((await put(owner, 'n1', 'y')).status).toBe(200);
  });

  it('does not let many uploads at once pass the quota that none of them passes alone', async () => {
    const { owner } = await annex.makeTenant();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => put(owner, `at-once-${index}`, randomBytes(300 * KiB))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 413, 413, 413]);
    const { items } = (await owner.get('/api/files')).body;
    expect(items).toHaveLength(3);
  });

  it('keeps nothing of an upload that breaks off', async () => {
    const tenant = await annex.makeTenant();
    const announced = (): Promise<unknown[]> => annex.db.sql('select 1 from file_objects');
    await until(announced, (rows) => rows.length === 0);
    const known = objectsOnDisk().length;
    for (const headers of [{ 'content-length': '100000' }, { 'transfer-encoding': 'chunked' }] as Record<
      string,
      string
    >[]) {
      await send(
        tenant.owner,
        'PUT',
        '/api/files/cut',
        (request) => {
          request.write(randomBytes(50_000));
          void until(announced, (rows) => rows.length > 0).then(() => request.destroy());
        },
        headers,
      );
    }
    expect((await tenant.owner.get('/api/files')).body.items).toEqual([]);
    await until(announced, (rows) => rows.length === 0);
    expect(objectsOnDisk()).toHaveLength(known);
  });

  it('removes the bytes of what was replaced, deleted, or of a tenant that is gone', async () => {
    const tenant = await annex.makeTenant();
    await put(tenant.owner, 'a', 'first');
    const [first] = await objectsOf(tenant);
    await put(tenant.owner, 'a', 'second');
    await put(tenant.owner, 'b', 'third');
    const objects = await objectsOf(tenant);
    expect(objects).not.toContain(first);
    await until(
      async () => existsSync(join(folder, first!)),
      (there) => !there,
    );
    expect(objects.every((object) => existsSync(join(folder, object)))).toBe(true);
    expect(await annex.operator.delete(`/api/tenants/${tenant.slug}?now=true&confirm=${tenant.slug}`)).toMatchObject({
      status: 204,
    });
    await until(
      async () => objects.some((object) => existsSync(join(folder, object))),
      (there) => !there,
    );
  });

  it('names no tenant’s key on the disk, and lets nobody else read there', async () => {
    const tenant = await annex.makeTenant();
    await put(tenant.owner, 'very-telling-name.txt', 'x');
    expect(objectsOnDisk().join()).not.toContain('telling');
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('keeps tenants apart, whatever the key, and lets viewers read and members write', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    await put(one.owner, 'mine', 'one');
    await put(two.owner, 'mine', 'two');
    expect((await one.owner.get('/api/files/mine')).body).toBe('one');
    expect((await two.owner.delete('/api/files/mine')).status).toBe(204);
    expect((await one.owner.get('/api/files/mine')).body).toBe('one');
    expect(await one.owner.request('GET', '/api/files/mine', { headers: { 'x-tenant-slug': two.slug } })).toMatchObject(
      { status: 403 },
    );
    const [viewer, member] = [await one.as('viewer'), await one.as('member')];
    expect((await viewer.get('/api/files/mine')).status).toBe(200);
    expect(await put(viewer, 'x', 'x')).toMatchObject({ status: 403 });
    expect((await viewer.delete('/api/files/mine')).status).toBe(403);
    expect((await put(member, 'x', 'x')).status).toBe(201);
    expect((await fetch(`${annex.url}/api/files/mine`)).status).toBe(401);
    const { body: audit } = await one.owner.get('/api/audit');
    expect(
      audit.items.find(
        (row: { action: string; target: string }) => row.action === 'file.uploaded' && row.target === 'x',
      ),
    ).toBeDefined();
  });
});

const plugin = {
  manifest: { slug: 'filer', routes: true, permissions: ['files.read', 'files.write'], events: ['files.*'] },
  code: pluginCode('filer'),
};

describe('ctx.files', () => {
  const call = async (client: Client, method: string, args: unknown[], more: object = {}): Promise<Answer['body']> =>
    (await client.post('/ext/filer/call', { method, args, ...more })).body;

  it('writes, reads, lists, describes and deletes what the API sees too', async () => {
    const { owner, install } = await annex.makeTenant();
    expect((await install(plugin)).status).toBe(200);
    expect(await call(owner, 'upload', ['a/text.txt', 'grüße'])).toEqual({
      value: {
        key: 'a/text.txt',
        size: 7,
        content_type: 'text/plain',
        etag: expect.stringMatching(/^[0-9a-f]{64}$/),
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    });
    expect(
      await call(owner, 'upload', ['a/bytes', null, { content_type: 'image/png' }], { bytes: [0, 1, 254, 255] }),
    ).toMatchObject({ value: { size: 4, content_type: 'image/png' } });
    expect(await call(owner, 'read', ['a/bytes'])).toEqual({ value: { bytes: [0, 1, 254, 255], length: 4 } });
    expect(Buffer.from((await call(owner, 'read', ['a/text.txt'])).value.bytes).toString()).toBe('grüße');
    expect(await call(owner, 'list', ['a/'])).toMatchObject({
      value: { items: [{ key: 'a/bytes' }, { key: 'a/text.txt' }], next_cursor: null },
    });
    expect(await call(owner, 'list', ['a/', { limit: 1 }])).toMatchObject({
      value: { items: [{ key: 'a/bytes' }], next_cursor: expect.any(String) },
    });
    expect(await call(owner, 'stat', ['a/bytes'])).toMatchObject({ value: { size: 4 } });
    expect(await call(owner, 'stat', ['nothing'])).toEqual({ value: null });
    expect(await call(owner, 'read', ['nothing'])).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect((await owner.get('/api/files/a/text.txt')).body).toBe('grüße');
    expect(await call(owner, 'delete', ['a/text.txt'])).toEqual({ value: true });
    expect(await call(owner, 'delete', ['a/text.txt'])).toEqual({ value: false });
    expect(await call(owner, 'upload', ['../a', 'x'])).toMatchObject({ code: 'FILE_KEY_INVALID' });
    expect(await call(owner, 'upload', ['big', null], { times: 600 * KiB })).toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(await call(owner, 'upload', ['a', 'x', { contentType: 'a\nb: c' }])).toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });

  it('tells of each change, made by a plugin or by people, with who made it', async () => {
    const { owner, install } = await annex.makeTenant();
    await install(plugin);
    const told = (name: string): Promise<Answer> =>
      until(
        () => owner.get(`/ext/filer/event?name=${name}`),
        ({ body }) => body.event !== null,
      );
    await call(owner, 'upload', ['by-plugin.txt', 'x']);
    expect((await told('files.uploaded:by-plugin.txt')).body.event).toMatchObject({
      source: 'annex:plugin/filer',
      subject: 'by-plugin.txt',
      data: { file: { key: 'by-plugin.txt', size: 1, content_type: 'text/plain' } },
    });
    await put(owner, 'by-people.bin', 'xyz');
    expect((await told('files.uploaded:by-people.bin')).body.event).toMatchObject({
      source: 'annex:platform',
      data: { file: { size: 3 } },
    });
    await owner.delete('/api/files/by-people.bin');
    expect((await told('files.deleted:by-people.bin')).body.event).toMatchObject({
      data: { file: { key: 'by-people.bin', size: 3 } },
    });
  });

  it('ends a hook that uploads on each upload, by the depth of its events', async () => {
    const { owner, install } = await annex.makeTenant();
    await install({
      manifest: { slug: 'looper', permissions: ['files.write'], events: ['files.uploaded'] },
      code: `
        import { hook } from '@annex/sdk';
        hook('files.uploaded', async (ctx, event) => {
          await ctx.files.upload(event.data.file.key + 'x', 'again');
        })
      `,
    });
    await put(owner, 'x', 'first');
    const failed = await until(
      () => owner.get('/api/runs?status=failed'),
      ({ body }) => body.items.length > 0,
    );
    expect(failed.body.items[0]).toMatchObject({ error: { code: 'EMIT_DEPTH' } });
    expect((await owner.get('/api/files')).body.items).toHaveLength(11);
  });

  it('does nothing that was not granted', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(plugin);
    await tenant.owner.put('/api/plugins/filer/permissions', { granted: ['files.read'] });
    await put(tenant.owner, 'kept', 'x');
    expect(await call(tenant.owner, 'upload', ['a', 'x'])).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await call(tenant.owner, 'delete', ['kept'])).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await call(tenant.owner, 'read', ['kept'])).toMatchObject({ value: { length: 1 } });
    await tenant.owner.put('/api/plugins/filer/permissions', { granted: [] });
    for (const method of ['read', 'stat', 'url', 'list'])
      expect(await call(tenant.owner, method, ['kept']), method).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect((await tenant.owner.get('/api/files')).body.items).toHaveLength(1);
  });

  it('hands out links that open one file for anybody, until they run out', async () => {
    const { owner, install } = await annex.makeTenant();
    await install(plugin);
    await call(owner, 'upload', ['pic.png', 'png', { content_type: 'image/png' }]);
    await call(owner, 'upload', ['page.html', '<script>alert(1)</script>']);
    const { value: link } = await call(owner, 'url', ['pic.png', { expires_s: 60 }]);
    const shown = await fetch(new URL(link, annex.url));
    expect([shown.status, await shown.text()]).toEqual([200, 'png']);
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'content-disposition': 'inline; filename="pic.png"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    const page = await fetch(new URL((await call(owner, 'url', ['page.html'])).value, annex.url));
    expect(page.headers.get('content-disposition')).toBe('attachment; filename="page.html"');
    const [payload, signature] = link.slice(link.lastIndexOf('/') + 1).split('.');
    const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('pic.png', 'page.html')).toString(
      'base64url',
    );
    for (const token of [`${forged}.${signature}`, payload, `${payload}.`, 'x', `${payload}.${signature}x`, '%00']) {
      expect((await fetch(`${annex.url}/files/${token}`)).status, token).toBe(403);
    }
    const { value: brief } = await call(owner, 'url', ['pic.png', { expires_s: 1 }]);
    await until(
      async () => fetch(new URL(brief, annex.url)),
      ({ status }) => status === 403,
    );
    expect(await call(owner, 'url', ['nothing'])).toMatchObject({ code: 'FILE_NOT_FOUND' });
    await owner.delete('/api/files/pic.png');
    expect((await fetch(new URL(link, annex.url))).status).toBe(404);
  });

  it('refuses a key that holds a secret which the plugin has read', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(
      {
        manifest: { slug: 'leaky', routes: true, permissions: ['files.write'], secrets: ['KEY'] },
        code: pluginCode('leaky-files'),
      },
      { secrets: { KEY: 'canary-5d0c2b7e91' } },
    );
    expect((await tenant.owner.get('/ext/leaky/leak')).body).toEqual({ code: 'SECRET_EXPOSED' });
    expect((await tenant.owner.get('/api/files')).body.items).toEqual([]);
  });
});
