import { expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';

/** From what an operator offers to a plugin that runs, and to its newer release. */
export function takeFromTheCatalogue(): void {
  it('finds a plugin in the catalogue, installs an older release of it, and then what is newer', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'catalogue');
    await page.getByText('Signed by Acme').waitFor();
    await page.getByRole('searchbox', { name: 'Slug, name or words' }).fill('gree');
    await page.getByRole('row', { name: /zebra/ }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /greeter/ }).click();
    await page.getByRole('button', { name: 'Install 1.0.0' }).click();
    expect(await faultsOf(page, 'catalogue-install')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByText('Latest runs').waitFor();
    expect((await tenant.owner.get('/api/plugins/greeter')).body).toMatchObject({
      version: '1.0.0',
      status: 'enabled',
    });

    await page.getByRole('link', { name: 'Catalogue', exact: true }).click();
    await page.getByText('1.0.0, 1.2.0 is newer').waitFor();
    await page.getByRole('link', { name: /greeter/ }).click();
    await page.getByRole('button', { name: 'Change to 1.2.0' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByText('Latest runs').waitFor();
    expect((await tenant.owner.get('/api/plugins/greeter')).body).toMatchObject({
      version: '1.2.0',
      status: 'enabled',
    });
    expect(complaints).toEqual([]);
    await close();
  });

  it('offers nothing to install to somebody who may only look', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, close } = await enter(tenant, 'catalogue/greeter', { role: 'viewer' });
    await page.getByText('Asks for no permission.').first().waitFor();
    expect(await page.getByRole('button', { name: /Install/ }).count()).toBe(0);
    await close();
  });
}
