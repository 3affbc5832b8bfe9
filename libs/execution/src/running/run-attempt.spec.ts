import { newId, uuidFromId } from '@annex/kernel';
import { outcomeOf } from '@annex/runs';
import { describe, expect, it } from 'vitest';
import {
  db,
  database,
  write,
  call,
  answer,
  attempt,
  jobs,
  openExecution,
} from '../../../../test/support/execution-bench.js';

openExecution();

describe('an attempt at a background run', () => {
  it('gives the handler its payload and answers its result', async () => {
    const { id } = await write({
      code: `hook('a.*', (ctx, event) => ({ first: event.data }));
        hook('a.*', (ctx, event) => ({
          second: event.type,
          attempt: ctx.run.attempt,
          name: ctx.run.name,
          user: ctx.user,
        }));
        job('work', (ctx, payload) => payload);
        onConfigChange((ctx, key, value, op, change) => [key, value, op, change]);`,
      manifest: { events: ['a.*'], jobs: jobs('work') },
    });
    const event = {
      id: 'evt_1',
      type: 'a.b',
      source: 's',
      subject: null,
      data: { x: 1 },
      time: '2026-01-01T00:00:00.000Z',
    };
    expect(await attempt(id, { kind: 'event', name: 'a.*', payload: event })).toMatchObject({
      status: 'succeeded',
      result: { first: { x: 1 } },
      release: '1.0.0',
      limits: { wall_ms: { max: 60_000 } },
    });
    expect(await attempt(id, { kind: 'event', name: 'a.*', ordinal: 1, payload: event, attempt: 3 })).toMatchObject({
      result: { second: 'a.b', attempt: 3, name: 'a.*', user: null },
    });
    expect(await attempt(id, { payload: { b: [1, '2'] } })).toMatchObject({
      result: { b: [1, '2'] },
      limits: { wall_ms: { max: 30_000 } },
    });
    expect(
      await attempt(id, {
        kind: 'lifecycle',
        name: 'config_change',
        payload: { key: 'k', value: 2, op: 'set', revision: 3, previous: 1 },
      }),
    ).toMatchObject({ result: ['k', 2, 'set', { revision: 3, previous: 1 }] });
  });

  it('finds its log written when it is over', async () => {
    const { id } = await write({
      code: `job('work', () => { console.log('one'); console.error('two') })`,
      manifest: { jobs: jobs('work') },
    });
    const runId = newId('run');
    expect(await attempt(id, { id: runId })).toMatchObject({ status: 'succeeded', result: undefined });
    expect(
      (await db.sql('select message from run_logs where run_id = $1 order by id', [uuidFromId(runId)])).map(
        ({ message }) => message,
      ),
    ).toEqual(['one', 'two']);
  });

  it('is tried again without spending an attempt when the database was away for one of its calls', async () => {
    const { id, slug } = await write({
      code: `job('work', (ctx) => ctx.secrets.has('KEY'))
        route('/', async (ctx) => ({ has: await ctx.secrets.has('KEY') }))
        route('/caught', (ctx) => ctx.secrets.has('KEY').catch(({ code }) => ({ code })))`,
      manifest: { routes: true, jobs: jobs('work'), secrets: [{ name: 'KEY', required: false, description: null }] },
    });
    database.isAway = true;
    const away = {
      status: 'failed',
      error: { code: 'OVERLOADED', message: expect.stringContaining('does not answer') as string },
    };
    expect(await attempt(id)).toMatchObject(away);
    expect(outcomeOf('OVERLOADED')).toMatchObject({ status: 503, retry: 'platform' });
    expect((await call(slug)).outcome).toMatchObject(away);
    expect(await answer(slug, '/caught')).toEqual({ code: 'OVERLOADED' });
    database.isAway = false;
    expect(await answer(slug)).toEqual({ has: false });
  });

  it('carries on what the handler asked of its retries', async () => {
    const { id } = await write({
      code: `job('never', () => {
          throw new NonRetryable('give up');
        });
        job('later', () => {
          throw new RetryAfter(90_000);
        });
        job('slow', () => new Promise(() => {}))`,
      manifest: { jobs: jobs('never', 'later', 'slow') },
    });
    expect(await attempt(id, { name: 'never' })).toMatchObject({
      status: 'failed',
      error: { code: 'NON_RETRYABLE', message: 'give up' },
    });
    expect(await attempt(id, { name: 'later' })).toMatchObject({
      status: 'failed',
      error: { code: 'RETRY_AFTER' },
      retryAfterMs: 90_000,
    });
    expect(await attempt(id, { name: 'slow', policy: { timeoutMs: 150 } })).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT' },
      limits: { wall_ms: { max: 150 } },
    });
    const cancel = new AbortController();
    const running = attempt(id, { name: 'slow' }, cancel.signal);
    cancel.abort();
    expect(await running).toMatchObject({ status: 'cancelled' });
  });

  it('does not run what is not enabled, not there, or another tenant’s', async () => {
    const code = `job('work', () => 1); onShutdown(() => 'bye')`;
    const { id: disabled } = await write({ code, manifest: { jobs: jobs('work') }, status: 'disabled' });
    const { id: suspended } = await write({ code, manifest: { jobs: jobs('work') }, status: 'suspended' });
    expect(await attempt(disabled)).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_DISABLED' } });
    expect(await attempt(suspended)).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_SUSPENDED' } });
    expect(await attempt(disabled, { kind: 'lifecycle', name: 'shutdown' })).toMatchObject({
      status: 'succeeded',
      result: 'bye',
    });
    expect(await attempt(newId('installation'))).toMatchObject({ error: { code: 'PLUGIN_DISABLED' } });
    const { id } = await write({ code, manifest: { jobs: jobs('work') } });
    expect(await attempt(id, { name: 'gone' })).toMatchObject({ error: { code: 'HANDLER_MISSING' } });
    expect(await attempt(id, { ordinal: 1 })).toMatchObject({ error: { code: 'HANDLER_MISSING' } });
    expect(await attempt(id, { tenantId: (await db.makeTenant()).id })).toMatchObject({
      error: { code: 'PLUGIN_DISABLED' },
    });
  });

  it('refuses a result too deep to be kept', async () => {
    const { id } = await write({
      code: `job('work', () => { let v = 1; for (let i = 0; i < 500; i++) v = [v]; return v })`,
      manifest: { jobs: jobs('work') },
    });
    expect(await attempt(id)).toMatchObject({ status: 'failed', error: { code: 'OUTPUT_LIMIT' } });
  });
});
