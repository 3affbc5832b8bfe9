/** A tenant's tree of settings over REST: keys, conditions, pages, roles, quotas, and the stream of changes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
const open: AbortController[] = [];
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());
afterEach(() => {
  for (const stream of open.splice(0)) stream.abort();
});

const put = (tenant: TestTenant, key: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  tenant.owner.request('PUT', `/api/settings/${key}`, { body: { value }, headers });

interface Told {
  id: string;
  data: { revision: number; key: string; op: string; value: unknown; previous: unknown };
}

async function follow(
  tenant: TestTenant,
  query: string,
  { headers, bare = false }: { headers?: Record<string, string>; bare?: boolean } = {},
) {
  const leave = new AbortController();
  open.push(leave);
  const answer = await fetch(`${annex.url}/api/settings/stream?${query}`, {
    headers: {
      ...(!bare && { authorization: `Bearer ${tenant.owner.token}`, 'x-tenant-slug': tenant.slug }),
      ...headers,
    },
    signal: leave.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: answer.status,
    async next(): Promise<Told> {
      for (;;) {
        const [block, ...rest] = text.split('\n\n');
        if (rest.length > 0) {
          text = rest.join('\n\n');
          const [, id = '', data = ''] = /^id: (.*)\ndata: (.*)$/.exec(block ?? '') ?? [];
          if (data !== '') return { id, data: JSON.parse(data) as Told['data'] };
          continue;
        }
        const part = await reader?.read();
        if (!part || part.done) throw new Error('the stream has ended');
        text += part.value;
      }
    },
  };
}

describe('a setting', () => {
  it('is set, read, changed and removed, each change with the next number', async () => {
    const tenant = await annex.makeTenant();
    const made = await put(tenant, 'dns/zones/example.org', { a: ['192.0.2.1'] });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    expect(made.body).toMatchObject({ key: 'dns/zones/example.org', value: { a: ['192.0.2.1'] }, revision: 1 });
    const changed = await put(tenant, 'dns/zones/example.org', null);
    expect([changed.status, changed.body.value, changed.body.revision]).toEqual([200, null, 2]);
    const same = await put(tenant, 'dns/zones/example.org', null);
    expect([same.status, same.body.revision]).toEqual([200, 2]);
    const read = await tenant.owner.get('/api/settings/dns%2Fzones/example.org');
    expect([read.body.value, read.headers.get('etag')]).toEqual([null, '"2"']);
    expect((await tenant.owner.delete('/api/settings/dns/zones/example.org')).status).toBe(204);
    const gone = await tenant.owner.get('/api/settings/dns/zones/example.org');
    expect([gone.status, gone.body.code]).toEqual([404, 'SETTING_NOT_FOUND']);
    expect((await tenant.owner.get('/api/settings')).body).toEqual({ items: [], next_cursor: null, revision: 3 });
    const audit = await tenant.owner.get('/api/audit?limit=10');
    const acts = (audit.body.items as { action: string; target: string; detail: object }[])
      .filter(({ action }) => action.startsWith('setting.'))
      .map(({ action, target, detail }) => [action, target, detail]);
    expect(acts).toEqual([
      ['setting.deleted', 'dns/zones/example.org', { revision: 3 }],
      ['setting.set', 'dns/zones/example.org', { revision: 2 }],
      ['setting.set', 'dns/zones/example.org', { revision: 1 }],
    ]);
  });

  it('is changed on a condition only when it is what the caller read', async () => {
    const tenant = await annex.makeTenant();
    expect((await put(tenant, 'n', 1, { 'if-match': '"1"' })).status).toBe(412);
    expect((await put(tenant, 'n', 1, { 'if-none-match': '*' })).status).toBe(201);
    const twice = await put(tenant, 'n', 2, { 'if-none-match': '*' });
    expect([twice.status, twice.body.code, twice.body.revision]).toEqual([412, 'SETTING_CHANGED', 1]);
    expect((await put(tenant, 'n', 2, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await put(tenant, 'n', 2, { 'if-match': '"1"' })).body.revision).toBe(2);
    const remove = (tag: string) =>
      tenant.owner.request('DELETE', '/api/settings/n', { headers: { 'if-match': tag } }).then(({ status }) => status);
    expect([await remove('"1"'), await remove('"2"'), await remove('*')]).toEqual([412, 204, 404]);
  });

  it('counts up without losing a step when many change it at once', async () => {
    const tenant = await annex.makeTenant();
    await put(tenant, 'n', 0);
    const step = async (): Promise<void> => {
      for (;;) {
        const { body, headers } = await tenant.owner.get('/api/settings/n');
        const answer = await put(tenant, 'n', body.value + 1, { 'if-match': headers.get('etag') ?? '' });
        if (answer.status === 200) return;
        expect(answer.status).toBe(412);
      }
    };
    await Promise.all(Array.from({ length: 8 }, step));
    expect((await tenant.owner.get('/api/settings/n')).body).toMatchObject({ value: 8, revision: 9 });
  });

  it('is listed by prefix, page by page, with what the tree is at', async () => {
    const tenant = await annex.makeTenant();
    for (const key of ['b', 'a/2', 'a/10', 'a', 'ab/1']) await put(tenant, key, key);
    const first = await tenant.owner.get('/api/settings?prefix=a&limit=3');
    expect(first.body.items.map(({ key }: { key: string }) => key)).toEqual(['a', 'a/10', 'a/2']);
    expect(first.body.revision).toBe(5);
    const rest = await tenant.owner.get(`/api/settings?prefix=a&limit=3&cursor=${first.body.next_cursor}`);
    expect(rest.body.items.map(({ key }: { key: string }) => key)).toEqual(['ab/1']);
    expect(rest.body.next_cursor).toBeNull();
    expect((await tenant.owner.get('/api/settings?cursor=x')).body.code).toBe('CURSOR_INVALID');
  });

  it('is refused with a bad key, and with a value that is too large or too deep', async () => {
    const tenant = await annex.makeTenant();
    for (const key of ['a//b', 'a/', 'a%00b', 'a/..%2Fb', 'stream', 'a/*', '%E2%80%AE'])
      expect([key, (await put(tenant, key, 1)).body.code]).toEqual([key, 'SETTING_KEY_INVALID']);
    expect((await put(tenant, 'a', 'x'.repeat(64 * 1024))).body.code).toBe('SETTING_TOO_LARGE');
    const deep = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
    expect((await put(tenant, 'a', deep)).body.code).toBe('SETTING_TOO_LARGE');
    expect((await put(tenant, 'a', 'a\0b')).body.code).toBe('SETTING_TOO_LARGE');
    const raw = await tenant.owner.put('/api/settings/a', { a: 1 });
    expect([raw.status, raw.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      422,
      expect.arrayContaining(['/value', '/a']),
    ]);
    expect((await tenant.owner.get('/api/settings')).body.revision).toBe(0);
  });

  it('is read by viewers, set by admins, and unknown to other tenants', async () => {
    const tenant = await annex.makeTenant();
    const other = await annex.makeTenant();
    await put(tenant, 'a', 1);
    const [viewer, developer, admin] = [
      await tenant.as('viewer'),
      await tenant.as('developer'),
      await tenant.as('admin'),
    ];
    expect((await viewer.get('/api/settings/a')).status).toBe(200);
    expect((await developer.put('/api/settings/a', { value: 2 })).status).toBe(403);
    expect((await developer.delete('/api/settings/a')).status).toBe(403);
    expect((await admin.put('/api/settings/a', { value: 2 })).status).toBe(200);
    expect((await other.owner.get('/api/settings/a')).status).toBe(404);
    expect((await other.owner.get('/api/settings')).body.revision).toBe(0);
  });

  it('counts against quotas of its tenant', async () => {
    const tenant = await annex.makeTenant();
    await annex.operator.patch(`/api/tenants/${tenant.slug}`, { quotas: { setting_keys: 2, setting_bytes: 50 } });
    await put(tenant, 'a', 1);
    await put(tenant, 'b', 1);
    const third = await put(tenant, 'c', 1);
    expect([third.status, third.body.code, third.body.quota]).toEqual([413, 'QUOTA_EXCEEDED', 'setting_keys']);
    expect((await put(tenant, 'b', 'x'.repeat(50))).body.quota).toBe('setting_bytes');
    const usage = await tenant.owner.get('/api/usage');
    expect(usage.body.quotas.setting_keys).toMatchObject({ used: 2, max: 2 });
    expect(usage.body.quotas.setting_bytes).toMatchObject({ used: 4, max: 50 });
    await tenant.owner.delete('/api/settings/a');
    expect((await put(tenant, 'c', 1)).body.revision).toBe(4);
  });
});

describe('the stream of settings', () => {
  it('tells each change once and in order, deletes included, of one prefix', async () => {
    const tenant = await annex.makeTenant();
    await put(tenant, 'dns/a', 0);
    const stream = await follow(tenant, 'prefix=dns/');
    await put(tenant, 'other', 1);
    await put(tenant, 'dns/a', 1);
    await tenant.owner.delete('/api/settings/dns/a');
    const told = [await stream.next(), await stream.next()];
    expect(told.map(({ id, data }) => [id, data.op, data.key, data.value, data.previous])).toEqual([
      ['3', 'put', 'dns/a', 1, 0],
      ['4', 'delete', 'dns/a', null, 1],
    ]);
  });

  it('goes on behind a revision, and says so when that is too far back', async () => {
    const tenant = await annex.makeTenant();
    for (const n of [1, 2, 3]) await put(tenant, 'n', n);
    const since = await follow(tenant, 'since=1');
    expect([(await since.next()).data.value, (await since.next()).data.value]).toEqual([2, 3]);
    const again = await follow(tenant, 'since=1', { headers: { 'last-event-id': '2' } });
    expect((await again.next()).data.value).toBe(3);
    await annex.db.sql(
      `delete from setting_changes where tenant_id = (select id from tenants where slug = $1)
      and revision < 3`,
      [tenant.slug],
    );
    expect((await follow(tenant, 'since=1')).status).toBe(410);
    expect((await follow(tenant, 'since=4')).status).toBe(410);
    expect((await follow(tenant, 'since=2')).status).toBe(200);
  });

  it('is opened by a token in its address', async () => {
    const tenant = await annex.makeTenant();
    const { body } = await tenant.owner.post('/api/auth/stream-token');
    const stream = await follow(tenant, `stream_token=${body.token}`, { bare: true });
    expect(stream.status).toBe(200);
    await put(tenant, 'a', 1);
    expect((await stream.next()).data.key).toBe('a');
  });
});
