import { expect, it } from 'vitest';
import { packPlugin, until } from '../../support/annex.js';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';

const manifest = (version: string) => ({
  slug: 'billing',
  name: 'Billing',
  version,
  jobs: [{ name: 'invoice', retry: { max_attempts: 1 } }],
});
const good = `import { job } from '@annex/sdk';\njob('invoice', () => ({ sent: 1 }));\n`;
const bad = `import { job } from '@annex/sdk';\njob('invoice', () => { throw new Error('no such customer'); });\n`;

/** A release that fails. */
export function findAndFix(): void {
  it('finds a failing run, replays it, and mends it by going back a release', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest: manifest('1.0.0'), code: good });
    await tenant.owner.upload(packPlugin({ manifest: manifest('2.0.0'), code: bad }));
    const { body } = await tenant.owner.post('/api/plugins/billing/jobs/invoice/run-now', {});
    await until(
      () => tenant.owner.get(`/api/runs/${body.run_id}`),
      (answer) => answer.body.status === 'failed',
    );

    const { page, complaints, close } = await enter(tenant, '');
    await page.getByRole('link', { name: 'All failures' }).click();
    await page.getByRole('row').filter({ hasText: 'invoice' }).getByRole('link').click();
    await page.getByText('no such customer').first().waitFor();
    expect(page.url()).toContain(body.run_id);

    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('A replay of').waitFor();
    await page.getByText('no such customer').first().waitFor();
    expect(page.url()).not.toContain(body.run_id);

    await page.goto(`/console/t/${tenant.slug}/plugins/billing/releases`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('~ main.ts').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Roll back to it', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back to it' }).click();
    await page.getByText('Billing 1.0.0 is live').waitFor();

    await page.goto(`/console/t/${tenant.slug}/runs/${body.run_id}`);
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('A replay of').waitFor();
    await page.getByRole('main').getByText('succeeded').first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('replays what a filter means, says how far it has come, and counts before it asks', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest: manifest('1.0.0'), code: bad });
    for (let count = 0; count < 3; count += 1)
      await tenant.owner.post('/api/plugins/billing/jobs/invoice/run-now?wait=30', { payload: { count } });
    await tenant.owner.upload(packPlugin({ manifest: manifest('2.0.0'), code: good }));
    const { page, complaints, close } = await enter(tenant, 'runs?status=failed');
    await page.getByRole('button', { name: 'All of these' }).click();
    await page.getByRole('menuitem', { name: 'Replay' }).click();
    await page.getByRole('status').getByText('3 runs').waitFor();
    expect(await faultsOf(page, 'runs-act-on-many')).toEqual([]);
    await page.getByRole('button', { name: 'Replay 3', exact: true }).click();
    await page.getByText('Replay: 3 of 3').waitFor();
    const succeeded = await until(
      () => tenant.owner.get('/api/runs?status=succeeded&kind=job'),
      ({ body }) => body.items.length === 3,
    );
    expect(succeeded.body.items.map((run: { trigger: { kind: string } }) => run.trigger.kind)).toEqual(
      Array(3).fill('replay'),
    );
    expect((await tenant.owner.get('/api/dead-letters')).body.items).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}
