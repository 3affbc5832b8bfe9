import { expect, it } from 'vitest';
import { until, type TestTenant } from '../../support/annex.js';
import { faultsOf } from '../axe.js';
import { password, signIn, theBed, visit, type Visitor } from '../browser.js';

/** An operator at the question why, and for how long. */
async function openForm(tenant: TestTenant): Promise<Visitor> {
  const email = `support-${tenant.slug}@test.test`;
  await theBed().annex.platform.access.operators.ensure({ email, password });
  const visitor = await visit();
  await visitor.page.goto(`/console/t/${tenant.slug}/operator/tenants/${tenant.slug}`);
  await signIn(visitor.page, email);
  await visitor.page.getByRole('button', { name: 'Enter as support…' }).click();
  return visitor;
}

/** Operators in a tenant that they help. */
export function enterForSupport(): void {
  it('leads an operator into a tenant as support, to look only, and out again', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await openForm(tenant);
    await page.getByRole('dialog').getByLabel('Reason').fill('A run hangs.');
    expect(await faultsOf(page, 'operator-enter-support')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Enter', exact: true }).click();
    await page.getByText('as support, to look only').waitFor();
    // The screen that is left may still stand for a moment.
    await expect
      .poll(() => page.getByRole('link', { name: 'Tenants', exact: true }).count(), { timeout: 15_000 })
      .toBe(0);
    await page.getByRole('link', { name: 'Events', exact: true }).click();
    await page.getByRole('heading', { name: 'Events', level: 1 }).waitFor();
    expect(await page.getByRole('button', { name: /Send/ }).count()).toBe(0);
    expect(await faultsOf(page, 'support')).toEqual([]);
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByRole('button', { name: 'Enter as support…' }).waitFor();
    const { body } = await tenant.owner.get('/api/audit?action=support.entered');
    expect(body.items).toMatchObject([{ detail: { reason: 'A run hangs.' } }]);
    await until(
      () => tenant.owner.get('/api/tokens'),
      ({ body: { items } }) => items.every(({ name }: { name: string }) => !name.startsWith('support:')),
    );
    expect(complaints).toEqual([]);
    await close();
  });

  it('leads an operator out again when the tenant ends the entry', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await openForm(tenant);
    await page.getByRole('dialog').getByLabel('Reason').fill('A run hangs.');
    await page.getByRole('dialog').getByRole('button', { name: 'Enter', exact: true }).click();
    await page.getByText('as support, to look only').waitFor();
    const shown: string[] = [];
    page.on('framenavigated', (frame) => shown.push(new URL(frame.url()).pathname));
    const { body } = await tenant.owner.get('/api/tokens');
    const [token] = body.items.filter(({ name }: { name: string }) => name.startsWith('support:'));
    expect((await tenant.owner.delete(`/api/tokens/${token.id}`)).status).toBe(204);
    // The screen may ask again by itself and be led out before this click, which then leads on as the operator.
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await expect
      .poll(() => shown, { timeout: 30_000 })
      .toContain(`/console/t/${tenant.slug}/operator/tenants/${tenant.slug}`);
    await page.getByText('as support, to look only').waitFor({ state: 'hidden' });
    expect(shown).not.toContain('/console/sign-in');
    expect(complaints).toEqual([]);
    await close();
  });
}
