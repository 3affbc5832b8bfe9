import { expect, it } from 'vitest';
import { until } from '../../support/annex.js';
import { startWebhookSink } from '../../support/webhook-sink.js';
import { faultsOf } from '../axe.js';
import { enter, password, signIn, theBed, visit } from '../browser.js';

/** Who is told, what is billed, and what nobody may run. */
export function keepWatch(): void {
  tellPeople();
  stopCode();
}

function tellPeople(): void {
  it('makes a rule that tells people, tries it, and deletes it', async () => {
    const sink = await startWebhookSink();
    try {
      const tenant = await theBed().annex.makeTenant();
      const { page, complaints, close } = await enter(tenant, 'notices');
      await page.getByText('Nobody is told', { exact: true }).waitFor();
      expect(await faultsOf(page, 'notices-empty')).toEqual([]);
      await page.getByRole('button', { name: 'New rule' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('team');
      await dialog.getByLabel('A quota is nearly used up').uncheck();
      await dialog.getByLabel('Where', { exact: true }).selectOption('webhook');
      await dialog.getByLabel('URL').fill(`${sink.url}/told`);
      expect(await faultsOf(page, 'notices-new')).toEqual([]);
      await dialog.getByRole('button', { name: 'Make it', exact: true }).click();
      await dialog.getByText('Signing secret').waitFor();
      await dialog.getByRole('button', { name: 'I have kept it' }).click();
      expect((await tenant.owner.get('/api/notice-rules/team')).body.kinds).not.toContain('quota');
      await page.getByRole('button', { name: 'Try it', exact: true }).click();
      await page.getByText('It was taken').waitFor();
      expect(sink.at('/told')).toHaveLength(1);
      await page.getByRole('group', { name: 'team' }).getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByText('Nobody is told', { exact: true }).waitFor();
      expect(complaints).toEqual([]);
      await close();
    } finally {
      await sink.close();
    }
  });
}

function stopCode(): void {
  it('stops a plugin in every tenant, and lets it run again', async () => {
    const { annex } = theBed();
    const tenant = await annex.makeTenant();
    const slug = `bad-${tenant.slug}`;
    const code = `import { route } from '@annex/sdk'; route('/', () => ({ here: true }));`;
    await tenant.install({ manifest: { slug, name: 'Bad', routes: true }, code });
    const email = `guard-${tenant.slug}@test.test`;
    await annex.platform.access.operators.ensure({ email, password });
    const { page, complaints, close } = await visit();
    await page.goto(`/console/t/${tenant.slug}/operator/quarantines`);
    await signIn(page, email);
    await page.getByRole('button', { name: 'Quarantine…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Slug', { exact: true }).fill(slug);
    await dialog.getByLabel('Reason').fill('It sends data away.');
    expect(await faultsOf(page, 'operator-quarantine')).toEqual([]);
    await dialog.getByRole('button', { name: 'Stop it everywhere' }).click();
    await page.getByText('1 installation stopped').waitFor();
    await until(
      () => tenant.owner.get(`/api/plugins/${slug}`),
      ({ body }) => body.status === 'suspended',
    );
    expect(await faultsOf(page, 'operator-quarantines-some')).toEqual([]);
    await page.getByRole('group', { name: slug }).getByRole('button', { name: 'Lift', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Lift', exact: true }).click();
    await page.getByText('Nothing is in quarantine').waitFor();
    expect((await tenant.owner.post(`/api/plugins/${slug}/enable`, {})).status).toBe(200);
    expect(complaints).toEqual([]);
    await close();
  });

  it('hands the spend of a month out as CSV', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'spend');
    await page.getByText('Nothing was used in closed days').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV', exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^spend-\d{4}-\d\d-01\.csv$/);
    expect(complaints).toEqual([]);
    await close();
  });
}
