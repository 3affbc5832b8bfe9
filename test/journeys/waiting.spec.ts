/** What a handler starts and does not wait for, over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

const code = pluginCode('waiting');

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  expect(
    (await tenant.install({ manifest: { routes: true, events: ['order.paid', 'order.refused'] }, code })).status,
  ).toBe(200);
});
afterAll(() => annex.stop());

describe('what a handler does not wait for', () => {
  const kept = (key: string) =>
    until(
      () => tenant.owner.get(`/ext/probe/kept/${key}`),
      ({ body }) => body.value === 'kept',
    );

  it('takes effect after a hook has returned', async () => {
    await tenant.owner.post('/api/events', { type: 'order.paid', data: { key: 'hook' } });
    expect((await kept('hook')).status).toBe(200);
  });

  it.each(['forgets', 'later'])('takes effect after a route has answered: %s', async (route) => {
    expect((await tenant.owner.get(`/ext/probe/${route}/${route}`)).body).toEqual({ answered: true });
    await kept(route);
    const runs = () => tenant.owner.get('/api/runs?kind=route');
    const { body } = await until(runs, (answer) =>
      answer.body.items.some((run: { name: string }) => run.name === `GET /${route}/:key`),
    );
    expect(body.items.find((run: { name: string }) => run.name === `GET /${route}/:key`)).toMatchObject({
      status: 'succeeded',
    });
  });

  it('fails the run when it was given to ctx.waitUntil', async () => {
    const { body } = await tenant.owner.post('/api/events', { type: 'order.refused' });
    const event = await until(
      () => tenant.owner.get(`/api/events/${body.event_id}`),
      (answer) => answer.body.deliveries[0]?.status === 'failed',
    );
    const run = await tenant.owner.get(`/api/runs/${event.body.deliveries[0].run_id}`);
    expect(run.body.error).toMatchObject({ code: 'NON_RETRYABLE', message: 'not sent' });
  });

  it('and never ends holds back no answer', async () => {
    expect((await tenant.owner.get('/ext/probe/never')).body).toEqual({ answered: true });
  });
});
