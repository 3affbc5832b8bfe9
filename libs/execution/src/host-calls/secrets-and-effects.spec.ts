import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import {
  db,
  execution,
  tenantId,
  secrets,
  origin,
  write,
  inTenant,
  call,
  answer,
  attempt,
  jobs,
  openExecution,
} from '../../../../test/support/execution-bench.js';

const canary = 'canary-7f3a91c2';

openExecution();

describe('ctx.http and fetch', () => {
  it('reach the hosts of the manifest and no others', async () => {
    const { slug } = await write({
      code: `route('/post', async (ctx) => {
          const r = await ctx.http.post('http://${origin}/p?a=1', { x: 1 }, { query: { b: [2, 3] } });
          return { status: r.status, ok: r.ok, json: await r.json() };
        });
        route('/bytes', async () =>
          Array.from(new Uint8Array(await (await fetch('http://${origin}/bytes')).arrayBuffer())),
        );
        route('/elsewhere', (ctx) =>
          ctx.http.get('http://elsewhere.test/').then(
            () => 'reached',
            (e) => e.code,
          ),
        );
        route('/local', (ctx) =>
          ctx.http.get('http://127.0.0.1:1/').then(
            () => 'reached',
            (e) => e.code,
          ),
        );`,
      manifest: { permissions: [{ name: 'outbound_http' }], http: { allow: [origin, '127.0.0.1:1'] } },
    });
    expect(await answer(slug, '/post')).toEqual({
      status: 200,
      ok: true,
      json: { method: 'POST', url: '/p?a=1&b=2&b=3', body: '{"x":1}' },
    });
    expect(await answer(slug, '/bytes')).toEqual([0xff, 0xfe, 0]);
    expect(await answer(slug, '/elsewhere')).toBe('EGRESS_HOST_NOT_ALLOWED');
    expect(await answer(slug, '/local')).toBe('EGRESS_PRIVATE_ADDRESS');
  });
});

describe('secrets', () => {
  const declared = { secrets: [{ name: 'API_KEY', required: true, description: null }] };

  it('are there for a plugin when they are declared and set', async () => {
    secrets.set('API_KEY', canary);
    const code = `route('/', (ctx) => Promise.all(['API_KEY', 'OTHER'].map((name) => ctx.secrets.has(name))))`;
    expect(await answer((await write({ code, manifest: declared })).slug)).toEqual([true, false]);
    expect(await answer((await write({ code })).slug)).toEqual([false, false]);
    secrets.delete('API_KEY');
    expect(await answer((await write({ code, manifest: declared })).slug)).toEqual([false, false]);
  });

  it('are plaintext for the plugin whose manifest names them, and for no other', async () => {
    secrets.set('API_KEY', canary);
    const code = `route('/', async (ctx) => ({ length: (await ctx.secrets.get('API_KEY'))?.length ?? null }))`;
    const { slug } = await write({ code, manifest: declared });
    const { slug: other } = await write({ code });
    expect(await answer(slug)).toEqual({ length: canary.length });
    expect((await call(other)).outcome).toMatchObject({ status: 'failed', error: { code: 'PERMISSION_DENIED' } });
    secrets.clear();
    expect(await answer(slug)).toEqual({ length: null });
  });

  it('appear nowhere in what is kept, however the plugin turns them', async () => {
    secrets.set('API_KEY', canary);
    const { id, slug } = await write({
      code: `let warm;
        route('/leak', async (ctx) => {
          const s = (warm ??= await ctx.secrets.get('API_KEY'));
          console.log(s, { s, list: [btoa(s)] });
          ctx.log.error('x' + s + 'y');
          console.log(encodeURIComponent(s + '&'));
          await ctx.kv.set('k', { s });
          await ctx.emit('leak.done', { s });
          for (const f of [
            () => ctx.kv.set(s, 1),
            () => ctx.kv.incr('n' + s),
            () => ctx.emit('leak.' + s, {}),
            () => ctx.emit('leak.a', {}, { id: s }),
          ])
            console.log(
              await f().then(
                () => 'done',
                (e) => e.code,
              ),
            );
          await ctx.emit('leak.b', {}, { subject: s, source: 'x:' + s });
          throw new Error('bad key ' + s);
        });
        job('work', async (ctx) => ({
          s: await ctx.secrets.get('API_KEY'),
          hex: Array.from(new TextEncoder().encode(await ctx.secrets.get('API_KEY')))
            .map((b) => b.toString(16).padStart(2, '0'))
            .join(''),
        }))`,
      manifest: { ...declared, jobs: jobs('work') },
    });
    for (let round = 0; round < 2; round += 1) {
      const { runId, outcome } = await call(slug, '/leak');
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR' } });
      const shown = JSON.stringify([
        outcome.status === 'failed' && outcome.error.message,
        await execution.reader.run(tenantId, runId),
      ]);
      expect(shown).not.toContain(canary);
      expect(shown).not.toContain(Buffer.from(canary).toString('base64'));
      expect(shown).toContain('held a secret');
      expect(shown.match(/SECRET_EXPOSED/g)).toHaveLength(4);
    }
    const done = await attempt(id);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(JSON.stringify(done)).not.toContain(canary);
    expect(JSON.stringify(done)).not.toContain(Buffer.from(canary).toString('hex'));
    for (const table of ['kv', 'events', 'runs', 'run_logs', 'usage']) {
      expect(await db.sql(`select 1 from ${table} t where t::text like $1`, [`%${canary}%`]), table).toEqual([]);
    }
  });
});

describe('ctx.emit and ctx.jobs.runNow', () => {
  const code = `const act = async (ctx) => {
      const { event_id } = await ctx.emit('build.done', { n: 1 }, { id: 'build-1', subject: 's' });
      const started = await ctx.jobs.runNow('work', { full: true });
      return { event_id, started };
    };
    route('/act', act);
    job('work', act);
    job('fails', async (ctx) => {
      await act(ctx);
      throw new Error('late');
    });
    route('/refused', async (ctx) => {
      const codes = [];
      for (const f of [
        () => ctx.emit('auth.user.created', {}),
        () => ctx.emit('Bad Name', {}),
        () => ctx.emit('a.b', {}, { source: 'annex:platform' }),
        () => ctx.jobs.runNow('wrok'),
      ])
        codes.push(
          await f().then(
            () => 'done',
            (e) => e.code,
          ),
        );
      return codes;
    });
    route('/deep', (ctx) => ctx.emit('a.b', {}));`;
  const manifest = { jobs: jobs('work', 'fails') };
  const events = () =>
    db.sql<{ id: string; type: string; source: string; depth: number; run_id: string }>(
      'select id, type, source, depth, run_id from events where tenant_id = $1',
      [uuidFromId(tenantId)],
    );
  const queued = () =>
    db.sql<{ id: string; name: string; payload: Json }>(
      `select id, name, payload from runs where tenant_id = $1 and status = 'queued'`,
      [uuidFromId(tenantId)],
    );

  it('take place at once where somebody waits', async () => {
    const { slug } = await write({ code, manifest });
    const { runId, outcome } = await call(slug, '/act');
    const said = JSON.parse((outcome.status === 'succeeded' && outcome.response?.body?.data) || 'null') as {
      event_id: string;
      started: { run_id: Id<'run'>; status: string };
    };
    expect(await events()).toEqual([
      { id: 'build-1', type: 'build.done', source: `annex:plugin/${slug}`, depth: 1, run_id: uuidFromId(runId) },
    ]);
    expect(await queued()).toEqual([{ id: uuidFromId(said.started.run_id), name: 'work', payload: { full: true } }]);
    expect(said).toMatchObject({ event_id: 'build-1', started: { status: 'queued' } });
  });

  it('of a background run take place with its success, together or not at all', async () => {
    const { id } = await write({ code, manifest });
    const failed = await attempt(id, { name: 'fails' });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR', message: 'late' } });
    expect(failed).not.toHaveProperty('commit');
    const done = await attempt(id, { depth: 3 });
    if (done.status !== 'succeeded' || !done.commit) throw new Error('nothing to commit');
    const { commit } = done;
    expect(await events()).toEqual([]);
    await expect(
      inTenant(async (tx) => commit(tx).then(() => Promise.reject(new Error('fenced off')))),
    ).rejects.toThrow('fenced off');
    expect([await events(), await queued()]).toEqual([[], []]);
    await inTenant(commit);
    expect(await events()).toMatchObject([{ id: 'build-1', depth: 4 }]);
    expect((await queued()).map((run) => idFromUuid('run', run.id))).toEqual([
      (done.result as { started: { run_id: string } }).started.run_id,
    ]);
  });

  it('speak only in the plugin’s own name', async () => {
    const { slug } = await write({ code, manifest });
    expect(await answer(slug, '/refused')).toEqual(['EVENT_REFUSED', 'EVENT_REFUSED', 'EVENT_REFUSED', 'JOB_UNKNOWN']);
    expect(await events()).toEqual([]);
  });

  it('end a chain of events that cause each other', async () => {
    const { slug } = await write({ code, manifest });
    expect((await call(slug, '/deep', { depth: 9 })).outcome).toMatchObject({ status: 'succeeded' });
    expect((await call(slug, '/deep', { depth: 10 })).outcome).toMatchObject({
      status: 'failed',
      error: { code: 'EMIT_DEPTH' },
    });
  });
});
