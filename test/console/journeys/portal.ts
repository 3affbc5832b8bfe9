import { expect, it } from 'vitest';
import { makeClient } from '../../support/annex.js';
import { faultsOf } from '../axe.js';
import { theBed, visit } from '../browser.js';

/** Screens in the page of somebody else. */
export function embedThePortal(): void {
  it('shows chosen screens in a foreign page, without cookies, and says when they end', async () => {
    const { annex, foreign } = theBed();
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'reports', name: 'Reports', jobs: [{ name: 'weekly', overlap: 'allow' }] },
      code: `import { job } from '@annex/sdk'; job('weekly', () => ({ pages: 3 }));`,
    });
    await tenant.owner.post('/api/plugins/reports/jobs/weekly/run-now?wait=30', {});
    const { body: made } = await tenant.owner.post('/api/tokens', { name: 'portals', role: 'admin' });
    const link = await makeClient(annex.url, made.token).post('/api/portal-links', {
      screens: ['runs', 'jobs'],
      look: { title: 'Automations', colour: '#0b7285', scheme: 'light' },
    });
    const { page, context, complaints, close } = await visit();
    await page.goto(foreign.embed(new URL(link.body.url, annex.url).href));
    const frame = page.frameLocator('iframe');
    await frame.getByText('Automations').waitFor();
    await frame
      .getByRole('link', { name: /weekly/ })
      .first()
      .click();
    await frame.getByText('Used of what it may').waitFor();
    // Only the chosen screens, and nothing that a viewer may not do.
    const names = await frame.getByRole('navigation', { name: 'Screens' }).getByRole('link').allTextContents();
    expect(names.toSorted()).toEqual(['Jobs', 'Runs']);
    expect(await frame.getByRole('button', { name: 'Replay' }).count()).toBe(0);
    const [, inside] = page.frames();
    expect(inside?.url()).toBe(`${annex.url}/portal`);
    expect(await context.cookies()).toEqual([]);
    expect(inside && (await faultsOf(inside, 'portal'))).toEqual([]);

    await tenant.owner.delete(`/api/tokens/${made.id}`);
    await frame.getByRole('link', { name: 'Jobs' }).click();
    await frame.getByText('This page has ended').waitFor();
    await page.getByText('The frame said: annex.portal.ended').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('is refused to pages of other origins', async () => {
    const { annex, foreign } = theBed();
    const tenant = await annex.makeTenant();
    const link = await tenant.owner.post('/api/portal-links', { screens: ['runs'] });
    const { page, close } = await visit();
    // The same page by another name is another origin, which the setting does not name.
    await page.goto(foreign.embed(new URL(link.body.url, annex.url).href).replace('localhost', 'elsewhere.localhost'));
    await page.locator('iframe').waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.frameLocator('iframe').getByRole('table').count()).toBe(0);
    await close();
  });
}
