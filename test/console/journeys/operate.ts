import { expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { password, signIn, theBed, visit } from '../browser.js';

/** Those who run the platform. */
export function operate(): void {
  it('lets an operator make a tenant, give it its share, delete it and take it back', async () => {
    const { annex } = theBed();
    const tenant = await annex.makeTenant();
    const email = `operator-${tenant.slug}@test.test`;
    await annex.platform.access.operators.ensure({ email, password });
    const { page, complaints, close } = await visit();
    await page.goto(`/console/t/${tenant.slug}/operator/tenants`);
    await signIn(page, email);
    await page.getByRole('heading', { name: 'Tenants', level: 1 }).waitFor();
    expect(await faultsOf(page, 'operator-tenants')).toEqual([]);

    const slug = `made-${tenant.slug}`;
    await page.getByRole('button', { name: 'New tenant', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Made Here');
    await page.getByRole('dialog').getByLabel('Slug').fill(slug);
    await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
    await page.getByText('Made Here is ready').waitFor();
    await page.goto(`/console/t/${tenant.slug}/operator/tenants/${slug}`);
    await page.getByLabel('Weight').fill('3');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByText('Its share is changed').waitFor();
    expect((await annex.operator.get(`/api/tenants/${slug}`)).body).toMatchObject({ weight: 3 });
    expect(await faultsOf(page, 'operator-tenant')).toEqual([]);

    await page.getByRole('button', { name: 'Suspend…' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('An invoice is open.');
    expect(await faultsOf(page, 'operator-suspend')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.getByText('Everything stands still').waitFor();
    expect((await annex.operator.get(`/api/tenants/${slug}`)).body.suspension).toMatchObject({ scope: 'everything' });
    expect(await faultsOf(page, 'operator-tenant-suspended')).toEqual([]);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('Made Here goes on').waitFor();

    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const sure = page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true });
    expect(await sure.isDisabled()).toBe(true);
    await page.getByLabel(`Type ${slug} to go on`).fill(slug);
    await sure.click();
    await page.getByRole('button', { name: 'Take it back', exact: true }).click();
    await page.getByText('Made Here is back').waitFor();

    await page.goto(`/console/t/${tenant.slug}/operator/platform`);
    await page.getByText('tenant.restored').first().waitFor();
    expect(await faultsOf(page, 'operator-platform')).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows nothing of the platform to the owner of a tenant', async () => {
    const { annex } = theBed();
    const tenant = await annex.makeTenant();
    const email = `o-${tenant.slug}@test.test`;
    await tenant.owner.post('/api/users', { email, password, role: 'owner' });
    const { page, close } = await visit();
    await page.goto(`/console/t/${tenant.slug}/operator/tenants`);
    await signIn(page, email);
    await page.getByText('Only platform operators may do this.').waitFor();
    expect(await page.getByRole('link', { name: 'Platform' }).count()).toBe(0);
    await close();
  });
}

/** What operators see of the whole platform. */
export function watchThePlatform(): void {
  it('tells an operator what waits, what processes do, who has a plugin, and which settings hold', async () => {
    const { annex } = theBed();
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'watched', name: 'Watched', jobs: [{ name: 'work', overlap: 'allow' }] },
      code: `import { job } from '@annex/sdk'; job('work', () => null);`,
    });
    await annex.operator.post(`/api/tenants/${tenant.slug}/suspend`, {
      reason: 'It is looked at.',
      scope: 'background',
    });
    await tenant.owner.post('/api/plugins/watched/jobs/work/run-now', {});
    const email = `watcher-${tenant.slug}@test.test`;
    await annex.platform.access.operators.ensure({ email, password });
    const { page, complaints, close } = await visit();
    await page.goto(`/console/t/${tenant.slug}/operator/queue`);
    await signIn(page, email);
    await page
      .getByRole('row', { name: new RegExp(tenant.slug) })
      .getByText('an operator suspended it')
      .waitFor();
    const found = [await faultsOf(page, 'operator-queue')];

    await page.getByRole('link', { name: 'Processes', exact: true }).click();
    await page.getByText('Executors begun').waitFor();
    await page.getByText('alive', { exact: true }).first().waitFor();
    found.push(await faultsOf(page, 'operator-processes'));

    await page.getByRole('link', { name: 'Installations', exact: true }).click();
    await page.getByLabel('Slug of a plugin').fill('watched');
    await page
      .getByRole('row', { name: /Watched/ })
      .first()
      .waitFor();
    found.push(await faultsOf(page, 'operator-installations'));

    await page.getByRole('link', { name: 'Settings in force' }).click();
    await page.getByLabel('Name or value').fill('min_interval');
    await page.getByText('ANNEX_MIN_INTERVAL_S').waitFor();
    found.push(await faultsOf(page, 'operator-settings'));
    expect(found.flat()).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}
