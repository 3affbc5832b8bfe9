import { expect, it } from 'vitest';
import { packPlugin } from '../../support/annex.js';
import { enter, theBed } from '../browser.js';

const code = `
import { job, route } from '@annex/sdk';
route('/greet', async (ctx) => ({ key: await ctx.secrets.get('API_KEY') }));
job('fetch', async (ctx) => ctx.http.get('https://api.example.com/prices'));
`;
const manifest = {
  slug: 'prices',
  routes: true,
  name: 'Prices',
  permissions: [{ name: 'outbound_http', reason: 'asks the exchange for prices' }],
  http: { allow: ['api.example.com'] },
  secrets: [{ name: 'API_KEY', required: true, description: 'Of your account at the exchange' }],
  jobs: [{ name: 'fetch', schedule: '@daily' }],
};

const asFile = (name: string, bytes: Uint8Array) => ({
  name,
  mimeType: 'application/zip',
  buffer: Buffer.from(bytes),
});

/** A package on its way in. */
export function installWithConsent(): void {
  it('tells every fault of a package with its place, and stores nothing', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, close } = await enter(tenant, 'plugins/install');
    const broken = packPlugin({ manifest: { slug: 'broken', entry: 'gone.ts', surprise: 1 }, code: '' });
    await page.getByLabel('A plugin’s ZIP').setInputFiles(asFile('broken.zip', broken));
    await page.getByRole('heading', { name: 'broken.zip cannot be installed' }).waitFor();
    await page.getByText('/surprise').first().waitFor();
    expect((await tenant.owner.get('/api/plugins')).body.items).toEqual([]);
    await close();
  });

  it('asks for consent, says what is missing, and enables when it is there', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'plugins/install');
    await page.getByLabel('A plugin’s ZIP').setInputFiles(asFile('prices.zip', packPlugin({ manifest, code })));
    await page.getByText('Send requests to other servers').waitFor();
    await page.getByText('asks the exchange for prices').waitFor();
    await page.getByText('api.example.com', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Install and enable', exact: true }).click();

    // The grant was given; a secret is missing.
    await page.getByRole('heading', { name: 'Prices', level: 1 }).waitFor();
    await page.getByText('API_KEY is missing.').waitFor();
    await page.getByRole('link', { name: 'Set the secret' }).click();
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByRole('textbox', { name: 'Value' }).fill('sk-live-1');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('API_KEY is set').waitFor();
    await page.getByRole('button', { name: 'Enable', exact: true }).click();
    await page.getByText('Prices is enabled').waitFor();
    expect((await tenant.owner.get('/api/plugins/prices')).body).toMatchObject({
      status: 'enabled',
      permissions: { granted: ['outbound_http'] },
      missing_secrets: [],
    });
    // The value went in and is nowhere to be seen.
    expect(await page.content()).not.toContain('sk-live-1');
    expect(complaints).toEqual([]);
    await close();
  });

  it('installs a sample in one click, whose route can be tried', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'plugins');
    await page.getByRole('button', { name: 'Install a sample' }).click();
    await page.getByRole('heading', { name: 'Hello Annex', level: 1 }).waitFor();
    await page.getByRole('tab', { name: 'Routes' }).click();
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByLabel('Path').fill('/hello/Ada');
    await page.getByRole('button', { name: 'Call it' }).click();
    await page.getByText('Hello, Ada!').waitFor();
    // The token that opened the route is gone again.
    expect((await tenant.owner.get('/api/tokens')).body.items).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}
