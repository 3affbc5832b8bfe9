import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { enter, theBed } from '../browser.js';

const mapping = (to: string): string => `api_version: v1
mappings:
  - type: pod-restart
    ${to}: pod.restart
    dedupe: { key: "{{ subject }}", window_s: 600 }
`;

/** Pastes a text in the place of what an editor holds. */
async function rewrite(page: Page, label: string, text: string): Promise<void> {
  await page.getByRole('textbox', { name: label, exact: true }).click();
  await page.keyboard.press('Control+A');
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.keyboard.press('Control+V');
}

/** From what comes in to an alert that is quiet. */
export function mapEvents(): void {
  it('writes a mapping, tries it out, and silences the alert that it makes of two events', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'mappings');
    await page.getByRole('button', { name: 'New mapping' }).click();
    await page.getByLabel('Name', { exact: true }).fill('pods');
    await rewrite(page, 'Mapping', mapping('too'));
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert', { name: 'Faults' }).getByText('Line 4').waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    expect((await tenant.owner.get('/api/mappings')).body.items).toEqual([]);

    await rewrite(page, 'Mapping', mapping('to'));
    await page.getByText('Events of your own').click();
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    const tried = page.getByRole('region', { name: 'What would become of them' });
    await tried.getByText('goes through').waitFor();
    await tried.getByText('kept back: counted only').waitFor();
    expect((await tenant.owner.get('/api/alerts')).body.items).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'pods', level: 1 }).waitFor();

    for (let count = 1; count <= 2; count += 1)
      await tenant.owner.post('/api/events', { type: 'pod-restart', subject: 'web-1', data: { count } });
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    await page.getByRole('region', { name: 'Firing alerts' }).getByText('2 events').waitFor();
    await page.getByRole('link', { name: 'Alerts', exact: true }).click();
    const alert = page.getByRole('group', { name: 'web-1' });
    await alert.getByText('2 events').waitFor();
    await alert.getByRole('button', { name: 'Silence', exact: true }).click();
    await page.getByLabel('For how long').selectOption({ label: '4 hours' });
    await page.getByRole('dialog').getByRole('button', { name: 'Silence it', exact: true }).click();
    await alert.getByText('Silenced until').waitFor();
    const [silenced] = (await tenant.owner.get('/api/alerts')).body.items;
    expect(silenced).toMatchObject({ key: 'web-1', count: 2, silence_ends_at: expect.any(String) as string });

    await alert.getByRole('link', { name: 'those kept back' }).click();
    await page.getByRole('row').filter({ hasText: 'was pod-restart' }).getByRole('link').click();
    await page.getByText('its window lets no further one through').waitFor();
    await page.getByRole('link', { name: 'Alerts', exact: true }).click();
    await alert.getByRole('button', { name: 'Resolve', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resolve', exact: true }).click();
    await page.getByText('Nothing fires').waitFor();
    expect((await tenant.owner.get('/api/alerts?status=resolved')).body.items).toHaveLength(1);
    expect(complaints).toEqual([]);
    await close();
  });

  it('lets a viewer read mappings and alerts, and change none', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.owner.put('/api/mappings/pods', { mappings: [{ type: 'pod-restart', to: 'pod.restart' }] });
    const { page, close } = await enter(tenant, 'mappings', { role: 'viewer' });
    await page.getByRole('row').filter({ hasText: 'pods' }).getByRole('link').click();
    await page.getByRole('textbox', { name: 'Document' }).getByText('pod.restart').waitFor();
    for (const name of ['Save', 'Delete', 'Try it'])
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0);
    await close();
  });
}
