/** What is kept of what a plugin logs and asks, as people of its tenant want it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  await tenant.install({
    manifest: { slug: 'talker', routes: true },
    code: `import { route } from '@annex/sdk'
      route('/talk', async (ctx) => {
        for (const level of ['debug', 'info', 'warn', 'error']) ctx.log[level](level + ' ' + ctx.query.n)
        console.log('console ' + ctx.query.n)
        return 1
      })`,
  });
});
afterAll(() => annex.stop());

const kept = async (n: number): Promise<string[]> => {
  await tenant.owner.get(`/ext/talker/talk?n=${n}`);
  const { body } = await until(
    () => tenant.owner.get(`/api/plugins/talker/logs?q=${n}`),
    (answer) => answer.body.items.some(({ message }: { message: string }) => message === `error ${n}`),
  );
  return body.items.map(({ message }: { message: string }) => message.split(' ')[0]).sort();
};

it('lines below the level are not kept from the next run on', async () => {
  expect((await tenant.owner.get('/api/plugins/talker')).body.log_level).toBe('debug');
  expect(await kept(1001)).toEqual(['console', 'debug', 'error', 'info', 'warn']);
  expect(await tenant.owner.patch('/api/plugins/talker', { log_level: 'warn' })).toMatchObject({
    status: 200,
    body: { log_level: 'warn', status: 'enabled' },
  });
  expect(await kept(1002)).toEqual(['error', 'warn']);
  await tenant.owner.patch('/api/plugins/talker', { log_level: 'error' });
  expect(await kept(1003)).toEqual(['error']);
  const { body } = await tenant.owner.get('/api/audit?action=plugin.log_level_set');
  expect(body.items.map(({ detail }: { detail: unknown }) => detail)).toMatchObject([
    { before: 'warn', after: 'error' },
    { before: 'debug', after: 'warn' },
  ]);
});

it('another level, and who is no admin, are refused', async () => {
  for (const body of [{ log_level: 'trace' }, { log_level: null }, {}, { log_level: 'info', name: 'x' }])
    expect((await tenant.owner.patch('/api/plugins/talker', body)).status, JSON.stringify(body)).toBe(422);
  const developer = await tenant.as('developer');
  expect((await developer.patch('/api/plugins/talker', { log_level: 'info' })).status).toBe(403);
  const other = await annex.makeTenant();
  expect((await other.owner.patch('/api/plugins/talker', { log_level: 'info' })).status).toBe(404);
});

describe('a plugin that is recorded', () => {
  const secret = 'sk-very-secret-value-1';
  const runOf = async (payload: unknown): Promise<string> => {
    const { body } = await tenant.owner.post('/api/plugins/asker/jobs/ask/run-now?wait=30', { payload });
    return body.run_id;
  };
  const callsOf = async (id: string): Promise<Answer> => tenant.owner.get(`/api/runs/${id}/calls`);

  beforeAll(async () => {
    await tenant.install(
      {
        manifest: { slug: 'asker', jobs: [{ name: 'ask' }, { name: 'idle' }], secrets: ['KEY', 'EMPTY'] },
        code: `import { job } from '@annex/sdk'
          job('ask', async (ctx, { n }) => {
            await ctx.kv.set('first', { n, key: '${secret}' })
            const key = await ctx.secrets.get('KEY')
            await ctx.kv.set('leak', { key, ['x' + key]: [key] }).catch(() => undefined)
            await ctx.db.query('orders', {}).catch(() => undefined)
            await ctx.kv.set('large', 'x'.repeat(70_000))
            await Promise.all([ctx.kv.get('first'), ctx.kv.get('large')])
            for (let i = 0; i < n; i += 1) await ctx.kv.get('').catch(() => undefined)
            return n
          })
          job('idle', () => 1)`,
      },
      { secrets: { KEY: secret } },
    );
  });

  it('tells of runs that began meanwhile what they asked and were answered, in order, secrets masked', async () => {
    const before = await runOf({ n: 0 });
    const started = await tenant.owner.post('/api/plugins/asker/recording', { minutes: 5 });
    expect(started).toMatchObject({ status: 200, body: { slug: 'asker', status: 'enabled' } });
    expect(Date.parse(started.body.recording_until)).toBeGreaterThan(Date.now());
    const id = await runOf({ n: 1 });
    expect((await callsOf(before)).body).toMatchObject({ attempt: null, attempts: [], items: [] });
    const { status, body } = await callsOf(id);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(secret);
    expect(body).toMatchObject({ run_id: id, attempt: 1, attempts: [1], left_out: 0, next_cursor: null });
    expect(body.items.map(({ method }: { method: string }) => method)).toEqual([
      ...['kv.set', 'secrets.get', 'kv.set', 'db.query', 'kv.set', 'kv.get', 'kv.get', 'kv.get'],
    ]);
    const [first, key, leak, denied, large, read, readLarge, wrong] = body.items;
    expect(first).toMatchObject({ number: 1, args: ['first', { n: 1, key: '***' }], answer: null });
    expect(first.took_ms).toBeGreaterThanOrEqual(0);
    expect(key).toMatchObject({ args: ['KEY'], omitted: expect.stringContaining('secret') });
    expect(key).not.toHaveProperty('answer');
    expect(leak.args).toEqual(['leak', { key: '***', 'x***': ['***'] }]);
    expect(denied).toMatchObject({ error: { code: 'PERMISSION_DENIED' } });
    expect(large).toMatchObject({ args: null, omitted: expect.stringContaining('larger') });
    expect(read.answer).toEqual({ n: 1, key: '***' });
    expect(readLarge).toMatchObject({ args: ['large'], omitted: expect.stringContaining('larger') });
    expect(wrong).toMatchObject({ number: 8, args: [''], error: { code: 'INVALID_ARGUMENTS' } });
  });

  it('keeps so many calls of a run, and says of one that asked nothing that it was recorded', async () => {
    const { body } = await callsOf(await runOf({ n: 700 }));
    expect([body.items.length, body.left_out]).toEqual([500, 207]);
    const idle = await tenant.owner.post('/api/plugins/asker/jobs/idle/run-now?wait=30', {});
    expect((await callsOf(idle.body.run_id)).body).toMatchObject({ attempt: 1, items: [] });
  });

  it('is recorded no more when somebody says so, which the audit tells; what was kept stays', async () => {
    const kept = await runOf({ n: 0 });
    expect((await tenant.owner.delete('/api/plugins/asker/recording')).body.recording_until).toBeNull();
    await until(
      async () => (await callsOf(await runOf({ n: 0 }))).body,
      ({ attempt }) => attempt === null,
    );
    expect((await callsOf(kept)).body.attempt).toBe(1);
    const { body } = await tenant.owner.get('/api/audit?action=plugin');
    expect(body.items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['plugin.recording_started', 'plugin.recording_stopped']),
    );
  });

  it('is so for developers of its tenant, for an hour at most', async () => {
    const developer = await tenant.as('developer');
    const member = await tenant.as('member');
    const other = await annex.makeTenant();
    const id = await runOf({ n: 0 });
    const ask = { minutes: 5 };
    expect((await developer.post('/api/plugins/asker/recording', ask)).status).toBe(200);
    expect((await developer.get(`/api/runs/${id}/calls`)).status).toBe(200);
    expect((await member.post('/api/plugins/asker/recording', ask)).status).toBe(403);
    expect((await member.get(`/api/runs/${id}/calls`)).status).toBe(403);
    expect((await other.owner.post('/api/plugins/asker/recording', ask)).status).toBe(404);
    expect((await other.owner.get(`/api/runs/${id}/calls`)).body.code).toBe('RUN_NOT_FOUND');
    for (const body of [{}, { minutes: 0 }, { minutes: 61 }, { minutes: 1.5 }, { minutes: '5' }, { minutes: 5, a: 1 }])
      expect((await developer.post('/api/plugins/asker/recording', body)).status, JSON.stringify(body)).toBe(422);
  });
});
