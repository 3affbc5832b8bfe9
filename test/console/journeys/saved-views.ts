import { expect, it } from 'vitest';
import { enter, theBed } from '../browser.js';

/** Filters that people keep, for themselves and for one another. */
export function keepFilters(): void {
  it('keeps filters for everybody of the tenant, and nobody else', async () => {
    const { annex } = theBed();
    const tenant = await annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'runs?status=failed&span=24h');
    await page.getByRole('button', { name: 'Views', exact: true }).click();
    await page.getByLabel('Keep these filters as').fill('Failed today');
    await page.getByLabel('For everybody of the tenant').check();
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Failed today' }).waitFor();
    expect(complaints).toEqual([]);
    await close();

    // Somebody else, who may only look.
    const other = await enter(tenant, 'runs?status=queued', { role: 'viewer' });
    await other.page.getByRole('button', { name: 'Views', exact: true }).click();
    expect(await other.page.getByLabel('For everybody of the tenant').count()).toBe(0);
    expect(await other.page.getByRole('button', { name: 'Delete the view Failed today' }).count()).toBe(0);
    await other.page.getByRole('menuitem', { name: 'Failed today' }).click();
    await other.page.waitForURL(/status=failed/);
    expect(new URL(other.page.url()).search).toContain('span=24h');
    await other.close();

    // An admin takes it away again, after a question.
    const admin = await enter(tenant, 'runs', { role: 'admin' });
    await admin.page.getByRole('button', { name: 'Views', exact: true }).click();
    await admin.page.getByRole('button', { name: 'Delete the view Failed today' }).click();
    await admin.page.getByRole('button', { name: 'Delete it', exact: true }).click();
    await admin.page.getByText('Failed today is deleted').waitFor();
    expect((await tenant.owner.get('/api/views')).body.items).toEqual([]);
    expect(admin.complaints).toEqual([]);
    await admin.close();
  });
}
