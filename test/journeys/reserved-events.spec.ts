/** Events that the operator keeps from plugins (`ANNEX_RESERVED_EVENTS`). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_RESERVED_EVENTS: 'payments.**, builder.*' });
  tenant = await annex.makeTenant();
});
afterAll(() => annex.stop());

it('an upload whose code names one is refused, with its place and the pattern', async () => {
  const answer = await tenant.install({
    manifest: { slug: 'forger', routes: true },
    code: `import { route } from '@annex/sdk'
route('/pay', async (ctx) => ctx.emit('payments.made', { by: 'me' }))`,
  });
  expect(answer).toMatchObject({ status: 422, body: { code: 'PACKAGE_INVALID' } });
  expect(answer.body.errors).toMatchObject([
    {
      code: 'EVENT_TYPE_RESERVED',
      detail: expect.stringMatching(/main\.ts:2 emits "payments\.made".*"payments\.\*\*"/),
    },
  ]);
});

it('a name that the code makes up is refused at the call, and nothing is emitted', async () => {
  await tenant.install({
    manifest: { slug: 'maker', routes: true },
    code: `import { route } from '@annex/sdk'
      route('/say', async (ctx) => {
        try {
          return await ctx.emit(ctx.query.type)
        } catch ({ code, message }) {
          return { code, message }
        }
      })`,
  });
  const say = async (type: string): Promise<unknown> => (await tenant.owner.get(`/ext/maker/say?type=${type}`)).body;
  for (const type of ['payments', 'payments.a.b', 'builder.done'])
    expect(await say(type)).toEqual({
      code: 'EVENT_REFUSED',
      message: expect.stringContaining('ANNEX_RESERVED_EVENTS'),
    });
  for (const type of ['builder', 'builder.a.b', 'paymentsx.a'])
    expect(await say(type)).toEqual({ event_id: expect.stringMatching(/^evt_/) });
  expect((await tenant.owner.get('/api/events?type=payments.**')).body.items).toEqual([]);
});

it('people need the role admin to post one', async () => {
  const developer = await tenant.as('developer');
  expect(await developer.post('/api/events', { type: 'payments.made' })).toMatchObject({ status: 403 });
  expect((await developer.post('/api/events', { type: 'builder' })).status).toBe(202);
  expect((await tenant.owner.post('/api/events', { type: 'payments.made' })).status).toBe(202);
});
