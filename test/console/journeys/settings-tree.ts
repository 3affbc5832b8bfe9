import { expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';

/** What all plugins of a tenant may read. */
export function growTheTree(): void {
  it('sets a key of the tree, changes it and takes it away', async () => {
    const { annex } = theBed();
    const tenant = await annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'tree');
    await page.getByText('The tree is empty').waitFor();
    expect(await faultsOf(page, 'tree-empty')).toEqual([]);
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('dialog').getByLabel('Key', { exact: true }).fill('dns/ttl');
    await page.getByRole('dialog').getByRole('textbox', { name: 'Value' }).fill('300');
    expect(await faultsOf(page, 'tree-new')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('row', { name: /dns\/ttl/ }).waitFor();
    expect((await tenant.owner.get('/api/settings/dns/ttl')).body).toMatchObject({ value: 300 });
    await page.getByRole('button', { name: 'dns/ttl' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog', { name: 'Delete dns/ttl?' }).getByRole('button', { name: 'Delete' }).first().click();
    await page.getByText('The tree is empty').waitFor();
    expect((await tenant.owner.get('/api/settings/dns/ttl')).status).toBe(404);
    expect(complaints).toEqual([]);
    await close();
  });
}
