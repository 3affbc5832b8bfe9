import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

it('takes a newcomer from upload to route, secret, job and event', async () => {
  const tenant = await annex.makeTenant();
  const { owner } = tenant;
  const installed = await tenant.install({
    manifest: {
      slug: 'hello',
      routes: true,
      events: ['order.*'],
      jobs: [{ name: 'tidy', schedule: '@daily' }],
      secrets: ['GREETING'],
    },
    code: pluginCode('first-hour-hello'),
  });
  expect(installed).toMatchObject({
    status: 200,
    body: {
      slug: 'hello',
      status: 'enabled',
      events: ['order.*'],
      jobs: [{ name: 'tidy', schedule: '@daily', paused: false }],
    },
  });

  expect(await owner.get('/ext/hello/world')).toMatchObject({ status: 200, body: { hello: 'world', greeting: 'hi' } });
  expect((await owner.put('/api/plugins/hello/secrets/GREETING', { value: 'bonjour-secret' })).status).toBe(200);
  expect(await owner.get('/ext/hello/world')).toMatchObject({ body: { greeting: 'bonjour-secret' } });

  const ran = await owner.post('/api/plugins/hello/jobs/tidy/run-now?wait=30', { payload: { n: 1 } });
  expect(ran).toMatchObject({
    status: 200,
    body: {
      kind: 'job',
      status: 'succeeded',
      result: { ok: true },
      logs: [{ level: 'info', plugin: 'hello' }],
      limits: { wall_ms: { max: 30000 } },
    },
  });

  const sent = await owner.post('/api/plugins/test-event', { event_type: 'order.paid', event_data: { id: 1 } });
  expect(sent).toMatchObject({
    status: 200,
    body: {
      deliveries: [{ plugin: 'hello', status: 'succeeded', result: { seen: 'order.paid', orders: 1 }, error: null }],
    },
  });

  const runs = await owner.get('/api/runs?plugin=hello');
  expect(runs.body.items.map((run: { kind: string }) => run.kind).sort()).toEqual(
    ['event', 'job', 'lifecycle', 'route', 'route'].filter((kind) => kind !== 'lifecycle'),
  );
});

it('answers the list of plugins with and without the slash at the end', async () => {
  const { owner } = await annex.makeTenant();
  expect(await owner.get('/api/plugins/')).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
  expect(await owner.get('/api/plugins')).toMatchObject({ status: 200, body: { items: [] } });
});

it('answers what it cannot read with one clear problem', async () => {
  const { owner } = await annex.makeTenant();
  const broken = await owner.request('POST', '/api/events', {
    raw: '{"type":',
    headers: { 'content-type': 'application/json' },
  });
  expect(broken).toMatchObject({ status: 400, body: { code: 'INVALID_JSON' } });
  const huge = await owner.post('/api/events', { type: 'x.y', data: 'x'.repeat(2_000_000) });
  expect(huge).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  expect(await owner.get('/api/nothing')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  const faults = await owner.post('/api/users', { email: 'no', role: 'king', extra: 1 });
  expect(faults.status).toBe(422);
  expect(faults.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
    '/email',
    '/extra',
    '/role',
  ]);
});
