/** What is kept of what a plugin logs, as an admin wants it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';

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
