import { expect, it } from 'vitest';
import { enter, theBed } from '../browser.js';

/** Rows that a screen of this height may hold, with those that are ready above and below it. */
const mostShown = 60;

/** A keyboard, and lists that are long. */
export function useKeys(): void {
  it('goes anywhere by the palette, and opens what an id belongs to', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { body } = await tenant.owner.post('/api/events', { type: 'order.paid', data: {} });
    const { page, complaints, close } = await enter(tenant, '');
    await page.keyboard.press('Control+k');
    await page.getByLabel('A screen, a plugin, or an id').fill('Dead');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dead letters', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByLabel('A screen, a plugin, or an id').fill(body.event_id);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'order.paid', level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('searches with /, walks a long list with arrows, and shows only the rows on the screen', async () => {
    const tenant = await theBed().annex.makeTenant();
    for (let sent = 0; sent < 250; sent += 25)
      await Promise.all(
        Array.from({ length: 25 }, (_, index) => tenant.owner.post('/api/events', { type: `long.n${sent + index}` })),
      );
    const { page, complaints, close } = await enter(tenant, 'events');
    const rows = page.getByRole('table', { name: 'Events' }).locator('[data-row-link]');
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(mostShown);
    // Further pages come as the reader gets to the end.
    const oldest = page.getByText('long.n0', { exact: true });
    while ((await oldest.count()) === 0) await page.mouse.wheel(0, 3000);
    await oldest.waitFor();
    expect(await rows.count()).toBeLessThan(mostShown);

    await page.keyboard.press('/');
    await page.keyboard.type('long.n249');
    await page.getByRole('table', { name: 'Events' }).locator('[data-row-link]').nth(1).waitFor({ state: 'detached' });
    expect(page.url()).toContain('type=long.n249');
    await page.getByRole('searchbox').fill('long.*');
    const { body } = await tenant.owner.get('/api/events?type=long.*');
    await page.getByText(body.items[1].type, { exact: true }).waitFor();
    await rows.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: body.items[1].type, level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('copies an action as curl without any secret', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.owner.put('/api/secrets/KEY', { value: 'the-value' });
    const { page, close } = await enter(tenant, 'secrets');
    await page.getByRole('button', { name: 'Delete from elsewhere' }).click();
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click();
    await page.getByText('Copied').waitFor();
    const copied = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(copied).toContain(`curl -sS -X DELETE '${theBed().annex.url}/api/secrets/KEY'`);
    expect(copied).toContain('-H "Authorization: Bearer $ANNEX_TOKEN"');
    expect(copied).toContain(`-H 'X-Tenant-Slug: ${tenant.slug}'`);
    await close();
  });
}
