import { expect, it } from 'vitest';
import { enter, makePerson, signIn, theBed, visit } from '../browser.js';

/** Somebody opens the server's address for the first time. */
export function signInFirst(): void {
  it('is where a browser lands, asks who one is, and keeps the session over a reload', async () => {
    const tenant = await theBed().annex.makeTenant();
    const email = await makePerson(tenant, 'owner');
    const { page, context, complaints, close } = await visit();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Sign in to Annex' }).waitFor();

    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill('not this one');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('No account has this address and password.').waitFor();

    await signIn(page, email);
    await page.getByRole('heading', { name: tenant.slug, level: 1 }).waitFor();
    expect(page.url()).toMatch(new RegExp(`/console/t/${tenant.slug}/?$`));
    await page.reload();
    await page.getByRole('heading', { name: tenant.slug, level: 1 }).waitFor();

    // No script can take the session along, and no plugin's route is sent it.
    const [cookie] = await context.cookies(`${page.url()}/api`).then(() => context.cookies());
    expect(cookie).toMatchObject({ name: 'annex_session', httpOnly: true, sameSite: 'Strict', path: '/api' });
    expect(
      await page.evaluate('document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)'),
    ).not.toContain(cookie?.value ?? '');

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Annex' }).waitFor();
    expect(await context.cookies()).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('comes back to the screen that was asked for, filters and all', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, close } = await enter(tenant, 'runs?status=failed&kind=job');
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    expect(page.url()).toContain(`/console/t/${tenant.slug}/runs?status=failed&kind=job`);
    await page.getByText('No run is like that').waitFor();
    await close();
  });

  it('leads back to the same screen when the session is ended elsewhere', async () => {
    const tenant = await theBed().annex.makeTenant();
    const email = await makePerson(tenant, 'owner');
    const { page, close } = await visit();
    await page.goto(`/console/t/${tenant.slug}/runs`);
    await signIn(page, email);
    await page.getByText('Nothing has run yet').waitFor();
    const users = await tenant.owner.get('/api/users');
    const user = users.body.items.find((each: { email: string }) => each.email === email);
    expect((await tenant.owner.delete(`/api/users/${user.id}/sessions`)).status).toBe(204);
    await page.getByRole('link', { name: 'Plugins' }).click();
    await page.getByText('Your session has ended.').waitFor();
    await signIn(page, email);
    await page.getByRole('heading', { name: 'Plugins', level: 1 }).waitFor();
    await close();
  });

  it('offers nobody what their role may not do', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest: { slug: 'shown', jobs: [{ name: 'tidy' }] }, code: idleJob });
    const { page, close } = await enter(tenant, 'plugins/shown', { role: 'viewer' });
    await page.getByRole('heading', { name: 'Probe', level: 1 }).waitFor();
    expect(await page.getByRole('button', { name: 'Disable' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Uninstall' }).count()).toBe(0);
    await close();
  });
}

const idleJob = `import { job } from '@annex/sdk';\njob('tidy', () => ({ ok: true }));\n`;
