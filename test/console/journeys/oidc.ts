import { expect, it } from 'vitest';
import { makeClient } from '../../support/annex.js';
import { faultsOf } from '../axe.js';
import { theBed, visit } from '../browser.js';

/** Signing in at an identity provider. */
export function signInElsewhere(): void {
  it('signs in at the identity provider, comes back to the screen, and out again', async () => {
    const { annex, provider } = theBed();
    const tenant = await annex.makeTenant();
    const email = `ada@${tenant.slug}.test`;
    await tenant.owner.post('/api/invitations', { email, role: 'developer', send_mail: false });
    provider.people.set('ada', { email, email_verified: true, name: 'Ada' });
    const { page, context, complaints, close } = await visit();
    await page.goto(`/console/t/${tenant.slug}/jobs?q=tidy`);
    await page.getByRole('button', { name: 'Continue with Northwind' }).waitFor();
    expect(await faultsOf(page, 'sign-in')).toEqual([]);
    await page.getByRole('button', { name: 'Continue with Northwind' }).click();
    await page.getByPlaceholder(/login/i).fill('ada');
    await page.getByPlaceholder(/password/i).fill('any');
    await page.getByRole('button', { name: /sign-in/i }).click();
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(page.url()).toContain(`/console/t/${tenant.slug}/jobs?q=tidy`);
    const cookies = await context.cookies(`${annex.url}/api/auth/oidc`);
    expect(cookies.filter(({ name }) => name.startsWith('annex_'))).toEqual([
      expect.objectContaining({ name: 'annex_session', httpOnly: true, sameSite: 'Strict', path: '/api' }),
    ]);
    const { body } = await tenant.owner.get('/api/users');
    expect(body.items.find((each: { email: string }) => each.email === email)).toMatchObject({
      role: 'developer',
      has_password: false,
    });

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const out = page.getByRole('link', { name: 'Sign out at the identity provider too' });
    expect(await out.getAttribute('href')).toContain(`${provider.issuer}/session/end`);
    expect(complaints).toEqual([]);
    await close();
  });

  it('says why somebody whom the provider knows is not let in, and takes no answer twice', async () => {
    const { annex, provider } = theBed();
    provider.people.set('stranger', { email: 'stranger@elsewhere.test', email_verified: true });
    const { page, close } = await visit();
    await page.goto('/console/sign-in');
    await page.getByRole('button', { name: 'Continue with Northwind' }).click();
    await page.getByPlaceholder(/login/i).fill('stranger');
    await page.getByPlaceholder(/password/i).fill('any');
    await page.getByRole('button', { name: /sign-in/i }).click();
    await page.getByText('NO_ACCOUNT').waitFor();
    expect(page.url()).toMatch(/\/console\/oidc$/);
    await page.reload();
    await page.getByText('SIGN_IN_INVALID').waitFor();
    await page.getByRole('link', { name: 'Back to signing in' }).click();
    await page.getByLabel('E-mail address').waitFor();
    await close();

    const nobody = makeClient(annex.url, '');
    const refused = { status: 401, body: { code: 'UNAUTHENTICATED' } };
    const others: Record<string, string>[] = [{}, { 'x-annex-console': '1', 'sec-fetch-site': 'same-site' }];
    for (const headers of others) {
      expect(await nobody.post('/api/auth/oidc', {}, headers)).toMatchObject(refused);
      expect(await nobody.post('/api/auth/oidc/finish', { parameters: 'code=x' }, headers)).toMatchObject(refused);
    }
  });
}
