import { expect, it } from 'vitest';
import { until } from '../../support/annex.js';
import { enter, theBed } from '../browser.js';

const manifest = {
  slug: 'desk',
  name: 'Desk',
  sources: [{ name: 'tickets', type: 'poll', schedule: '@yearly', events: ['ticket.*'], require: ['subject'] }],
};
const code = `
import { source } from '@annex/sdk';
source('tickets', {
  poll: (ctx, cursor) => ({
    events: [1, 2]
      .filter((n) => n > (cursor ?? 0))
      .map((n) => ({ type: 'ticket.opened', id: String(n), subject: 'T-' + n })),
    cursor: 2,
  }),
});
`;

/** Where events come from: watched, stopped, sent back. */
export function steerSources(): void {
  it('asks a source what it would give, pauses it, and sends it back to the beginning', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    const source = async (): Promise<Record<string, unknown>> =>
      (await tenant.owner.get('/api/sources/desk.tickets')).body as Record<string, unknown>;
    await until(source, ({ cursor }) => cursor === 2);
    const { page, complaints, close } = await enter(tenant, 'plugins/desk');
    await page.getByRole('tab', { name: 'Sources' }).click();
    await page.getByRole('link', { name: 'desk.tickets' }).click();
    await page.getByRole('button', { name: 'Poll now', exact: true }).click();
    await page.getByRole('region', { name: 'What came' }).getByText('0 events').waitFor();

    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('desk.tickets is paused').waitFor();
    expect(await source()).toMatchObject({ state: 'paused' });
    await page.getByRole('button', { name: 'Rewind', exact: true }).click();
    const cursor = page.getByRole('textbox', { name: 'Cursor', exact: true });
    await cursor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('null');
    await page.getByRole('dialog').getByRole('button', { name: 'Set it', exact: true }).click();
    await page.getByText('At the beginning').waitFor();
    await page.getByRole('button', { name: 'Poll now', exact: true }).click();
    await page.getByRole('region', { name: 'What came' }).getByText('2 events').waitFor();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    const again = await until(source, (found) => found['cursor'] === 2);
    expect(again).toMatchObject({ counts: { events: 2, duplicates: 2 } });
    expect(complaints).toEqual([]);
    await close();
  });

  it('makes a source of the tenant for an Alertmanager, changes it, and deletes it', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.owner.put('/api/secrets/ALERT_TOKEN', { value: 'a-secret-of-the-tenant' });
    const { page, complaints, close } = await enter(tenant, 'sources');
    await page.getByRole('button', { name: 'New source', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Alerts!');
    await dialog.getByLabel('Type').selectOption('alertmanager');
    await dialog.getByRole('button', { name: 'Make it', exact: true }).click();
    await dialog.getByRole('alert').getByText('/name').waitFor();
    await dialog.getByLabel('Name').fill('alerts');
    await dialog.getByRole('button', { name: 'Make it', exact: true }).click();
    await page.getByRole('heading', { name: 'alerts', level: 1 }).waitFor();
    await page.getByText(`/hooks/${tenant.slug}/alerts`).waitFor();

    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await dialog.getByRole('switch', { name: 'Takes events' }).click();
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('It is not enabled').waitFor();
    expect((await tenant.owner.get('/api/sources/alerts')).body).toMatchObject({ enabled: false, state: 'paused' });
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('No source yet').waitFor();
    expect((await tenant.owner.get('/api/sources')).body.items).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}
