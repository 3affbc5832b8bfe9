import { expect, it } from 'vitest';
import type { Answer, Client, TestTenant } from '../../support/annex.js';
import { enter, password, signIn, theBed, visit, type Visitor } from '../browser.js';

const code = `import { job } from '@annex/sdk';\njob('count', (ctx) => ctx.kv.incr('count'));\n`;
const manifest = { slug: 'counter', name: 'Counter', jobs: [{ name: 'count', schedule: '@daily' }] };
const job = '/api/plugins/counter/jobs/count';

/** A button, the screen that it stands on, and what it asks of the API. */
type Offered = [screen: string, button: string, ask: (client: Client) => Promise<Answer>];

const offered = (run: string): Offered[] => [
  ['plugins/counter/jobs', 'History', (client) => client.get('/api/runs?plugin=counter&kind=job')],
  ['plugins/counter/jobs', 'Run now', (client) => client.post(`${job}/run-now`, {})],
  ['plugins/counter/jobs', 'Schedule', (client) => client.patch(job, { schedule: '@hourly' })],
  ['plugins/counter/jobs', 'Pause', (client) => client.patch(job, { paused: false })],
  ['jobs?shows=week', 'Week after', (client) => client.get('/api/jobs')],
  ['runs', 'All of these', (client) => client.post('/api/runs/batches', { action: 'discard', ids: [run] })],
  [`runs/${run}`, 'Replay', (client) => client.post(`/api/runs/${run}/replay`, {})],
  [`runs/${run}`, 'Replay with changes', (client) => client.post(`/api/runs/${run}/replay`, { payload: {} })],
  [`runs/${run}`, 'Record for ten minutes', (client) => client.post('/api/plugins/counter/recording', { minutes: 0 })],
];

/** Nobody sees a button that will fail. */
export function offerByRole(): void {
  it.each(['viewer', 'developer', 'admin', 'operator'])(
    'offers a %s the buttons that the API lets them press, and no others',
    async (role) => {
      const { annex } = theBed();
      const tenant = await annex.makeTenant();
      await tenant.install({ manifest, code });
      const { body } = await tenant.owner.post(`${job}/run-now?wait=30`, {});
      const client = role === 'operator' ? operatorIn(annex.operator, tenant.slug) : await tenant.as(role);
      const { page, complaints, close } = await (role === 'operator'
        ? enterAsOperator(tenant)
        : enter(tenant, '', { role }));
      let open = '';
      for (const [screen, button, ask] of offered(body.run_id as string)) {
        if (open !== screen) {
          await page.goto(`/console/t/${tenant.slug}/${screen}`);
          await page.waitForLoadState('networkidle');
          open = screen;
        }
        const isSeen = await page.getByRole('button', { name: button, exact: true }).isVisible();
        const { status } = await ask(client);
        expect([button, isSeen]).toEqual([button, status !== 403]);
      }
      expect(complaints).toEqual([]);
      await close();
    },
  );
}

async function enterAsOperator({ slug }: TestTenant): Promise<Visitor> {
  const email = `operator-${slug}@test.test`;
  await theBed().annex.platform.access.operators.ensure({ email, password });
  const visitor = await visit();
  await visitor.page.goto(`/console/t/${slug}`);
  await signIn(visitor.page, email);
  await visitor.page.getByRole('navigation', { name: 'Screens' }).waitFor({ state: 'attached' });
  return visitor;
}

function operatorIn(operator: Client, slug: string): Client {
  const headers = { 'x-tenant-slug': slug };
  return {
    ...operator,
    get: (path) => operator.get(path, headers),
    post: (path, body) => operator.post(path, body, headers),
    patch: (path, body) => operator.request('PATCH', path, { body, headers }),
  };
}
