/** Events and runs as server-sent events. */
import { emitEvent } from '@annex/runs';
import type { Id } from '@annex/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';

interface Told {
  id: string;
  data: { id: string; type?: string; status?: string; name?: string };
}

let annex: TestAnnex;
let tenant: TestTenant;
const open: AbortController[] = [];
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
});
afterAll(() => annex?.stop());
afterEach(() => {
  for (const stream of open.splice(0)) stream.abort();
});

/** Opens a stream; `next` waits for the next event. */
async function follow(
  path: string,
  { headers, bare = false }: { headers?: Record<string, string>; bare?: boolean } = {},
) {
  const leave = new AbortController();
  open.push(leave);
  const own = { authorization: `Bearer ${tenant.owner.token}`, 'x-tenant-slug': tenant.slug };
  const answer = await fetch(`${annex.url}${path}`, {
    headers: { ...(!bare && own), ...headers },
    signal: leave.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    leave: () => leave.abort(),
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
const emit = async (type: string, client: Client = tenant.owner): Promise<string> =>
  (await client.post('/api/events', { type, data: {} })).body.event_id as string;

describe('the stream of events', () => {
  it('tells each event once, of the type that is asked for', async () => {
    const stream = await follow('/api/events/stream?type=told.*');
    expect([stream.status, stream.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await emit('other.one');
    const ids = [await emit('told.one'), await emit('told.two')];
    expect((await stream.next()).data).toMatchObject({ id: ids[0], type: 'told.one', deliveries: [] });
    expect((await stream.next()).data).toMatchObject({ id: ids[1], type: 'told.two' });
  });

  it('goes on behind the last event that came, without loss and without telling one twice', async () => {
    const first = await follow('/api/events/stream?type=again.*');
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.push(await emit('again.one'));
    const told = [await first.next(), await first.next()];
    first.leave();
    const more = await Promise.all(Array.from({ length: 5 }, () => emit('again.two')));
    const second = await follow('/api/events/stream?type=again.*', {
      headers: { 'last-event-id': told.at(-1)?.id ?? '' },
    });
    while (told.length < 10) told.push(await second.next());
    expect(told.slice(0, 5).map(({ data }) => data.id)).toEqual(ids);
    expect(told.map(({ data }) => data.id).sort()).toEqual([...ids, ...more].sort());
    const end = await emit('again.end');
    expect((await second.next()).data.id).toBe(end);
  });

  it('misses none that was written before another and committed after it', async () => {
    const stream = await follow('/api/events/stream?type=late.*');
    let quick = '';
    const slow = await annex.platform.database.forTenant(tenant.id as Id<'tenant'>).transaction(async (tx) => {
      const written = await emitEvent(tx, { type: 'late.slow', source: 'test', data: {} });
      quick = await emit('late.quick');
      return written.eventId;
    });
    expect([(await stream.next()).data.id, (await stream.next()).data.id]).toEqual([slow, quick]);
  });

  it('begins with earlier ones where that is asked for', async () => {
    const since = new Date().toISOString();
    const id = await emit('early.one');
    const stream = await follow(`/api/events/stream?type=early.*&since=${since}`);
    expect((await stream.next()).data.id).toBe(id);
  });

  it('opens with a stream token, for readers that can send no header', async () => {
    const { body } = await tenant.owner.post('/api/auth/stream-token');
    const stream = await follow(`/api/events/stream?type=bare.*&stream_token=${body.token}`, { bare: true });
    const id = await emit('bare.one');
    expect((await stream.next()).data.id).toBe(id);
    expect((await follow('/api/events/stream', { bare: true })).status).toBe(401);
  });

  it('takes any Last-Event-ID for none that is not its own, and shows no other tenant’s', async () => {
    const other = await annex.makeTenant();
    const stream = await follow('/api/events/stream?type=own.*', { headers: { 'last-event-id': "1' or 1=1" } });
    await emit('own.one', other.owner);
    const id = await emit('own.one');
    expect((await stream.next()).data.id).toBe(id);
  });

  it.each([
    ['a number past all', ['9'.repeat(19), '2026-11-30 10:00:00+00', 'x']],
    ['a day that is none', ['5', '2026-02-31 10:00:00+00', 'x']],
    ['a month that is none', ['5', '2026-13-01 10:00:00+00', 'x']],
  ])('goes on from now behind a place with %s', async (_, place) => {
    const lastId = Buffer.from(JSON.stringify(place)).toString('base64url');
    const stream = await follow('/api/events/stream?type=nonsense.*', { headers: { 'last-event-id': lastId } });
    const id = await emit('nonsense.one');
    expect((await stream.next()).data.id).toBe(id);
  });

  it('is open twenty times at once for a tenant, and no more', async () => {
    const statuses = [];
    for (let count = 0; count < 21; count += 1) statuses.push((await follow('/api/events/stream')).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('the stream of runs', () => {
  beforeAll(async () => {
    const installed = await tenant.install({
      manifest: { slug: 'told', jobs: [{ name: 'tidy' }, { name: 'other' }] },
      code: `
        import { job } from '@annex/sdk';
        job('tidy', () => 1);
        job('other', () => 2)
      `,
    });
    expect(installed.status).toBe(200);
  });

  it('tells a run as it is made and changes, until it has ended', async () => {
    const stream = await follow('/api/runs/stream?plugin=told&name=tidy');
    await tenant.owner.post('/api/plugins/told/jobs/other/run-now', {});
    const { body } = await tenant.owner.post('/api/plugins/told/jobs/tidy/run-now', {});
    const seen: Told[] = [];
    while (seen.at(-1)?.data.status !== 'succeeded') seen.push(await stream.next());
    expect(new Set(seen.map(({ data }) => data.id))).toEqual(new Set([body.run_id]));
    // No state twice: neither by a lease that is renewed nor by another look.
    expect(new Set(seen.map(({ data }) => JSON.stringify(data))).size).toBe(seen.length);
  });

  it('goes on behind the last change that came, with what ended meanwhile', async () => {
    const first = await follow('/api/runs/stream?plugin=told&name=tidy');
    await tenant.owner.post('/api/plugins/told/jobs/tidy/run-now', {});
    let last = await first.next();
    while (last.data.status !== 'succeeded') last = await first.next();
    first.leave();
    const { body } = await tenant.owner.post('/api/plugins/told/jobs/tidy/run-now?wait=30', {});
    const second = await follow('/api/runs/stream?plugin=told&name=tidy', { headers: { 'last-event-id': last.id } });
    expect((await second.next()).data).toMatchObject({ id: body.run_id, status: 'succeeded' });
  });
});
