import { expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';
import { emptyPackage, signatureOf } from '../../support/package-catalogue.js';

/** From what an operator offers to a plugin that runs, and to its newer release. */
export function takeFromTheCatalogue(): void {
  it('finds a plugin in the catalogue, installs an older release of it, and then what is newer', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'catalogue');
    await page.getByText('Signed by Acme').waitFor();
    await page.getByRole('searchbox', { name: 'Slug, name or words' }).fill('gree');
    await page.getByRole('row', { name: /zebra/ }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /greeter/ }).click();
    await page.getByRole('button', { name: 'Install 1.0.0' }).click();
    expect(await faultsOf(page, 'catalogue-install')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByText('Latest runs').waitFor();
    expect((await tenant.owner.get('/api/plugins/greeter')).body).toMatchObject({
      version: '1.0.0',
      status: 'enabled',
    });

    await page.getByRole('link', { name: 'Catalogue', exact: true }).click();
    await page.getByText('1.0.0, 1.2.0 is newer').waitFor();
    await page.getByRole('link', { name: /greeter/ }).click();
    await page.getByRole('button', { name: 'Change to 1.2.0' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByText('Latest runs').waitFor();
    expect((await tenant.owner.get('/api/plugins/greeter')).body).toMatchObject({
      version: '1.2.0',
      status: 'enabled',
    });
    expect(complaints).toEqual([]);
    await close();
  });

  it('takes a package with its signature, and says who vouches for which release', async () => {
    const { annex, acme } = theBed();
    const tenant = await annex.makeTenant();
    const { page, complaints, close } = await enter(tenant, 'plugins/install');
    const signed = emptyPackage('signed', '1.0.0');
    const file = { name: 'signed.zip', mimeType: 'application/zip', buffer: Buffer.from(signed.bytes) };
    const jws = (text: string) => ({ name: 'signed.zip.jws', mimeType: 'text/plain', buffer: Buffer.from(text) });
    const chooser = page.getByLabel('A plugin’s ZIP');
    await chooser.setInputFiles([file, jws(await signatureOf(signed, acme, { version: '2.0.0' }))]);
    await page.getByText('signed.zip.jws, checked when it is installed').waitFor();
    await page.getByRole('button', { name: 'Install only', exact: true }).click();
    await page.getByText('SIGNATURE_MISMATCH').first().waitFor();
    await chooser.setInputFiles(jws(await signatureOf(signed, acme)));
    await page.getByRole('button', { name: 'Install only', exact: true }).click();
    await page.getByRole('heading', { name: 'Probe', level: 1 }).waitFor();
    await page.getByRole('tab', { name: 'Releases' }).click();
    await page.getByText('Signed by Acme, with the key').waitFor();
    expect((await tenant.owner.get('/api/plugins/signed/releases')).body.items).toMatchObject([
      { signed_by: { publisher: 'Acme', by: 'package' } },
    ]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('offers nothing to install to somebody who may only look', async () => {
    const tenant = await theBed().annex.makeTenant();
    const { page, close } = await enter(tenant, 'catalogue/greeter', { role: 'viewer' });
    await page.getByText('Asks for no permission.').first().waitFor();
    expect(await page.getByRole('button', { name: /Install/ }).count()).toBe(0);
    await close();
  });
}
