import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/annex.js';
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.js';
import { enter, signIn, theBed, visit, password } from '../browser.js';

/** People who come in, and events that go out. */
export function reachOthers(): void {
  it('invites a member with a smaller role, who then sees only what that role may', async () => {
    const tenant = await theBed().annex.makeTenant();
    const owner = await enter(tenant, 'team');
    await owner.page.getByRole('button', { name: 'Invite somebody' }).click();
    await owner.page.getByLabel('E-mail address').fill(`new-${tenant.slug}@test.test`);
    await owner.page.getByRole('dialog').getByLabel('Role', { exact: true }).first().click();
    await owner.page.getByRole('option', { name: 'viewer' }).click();
    await owner.page.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
    const link = await owner.page.getByRole('dialog').locator('code').first().textContent();
    expect(link).toContain('/invitation#token=');

    const guest = await visit();
    await guest.page.goto(link ?? '');
    await guest.page.getByLabel(/^Password/).fill(password);
    await guest.page.getByRole('button', { name: 'Accept' }).click();
    await guest.page.getByRole('heading', { name: 'Welcome' }).waitFor();
    await guest.page.goto('/console/');
    await signIn(guest.page, `new-${tenant.slug}@test.test`);
    await guest.page.getByRole('link', { name: 'Runs' }).first().waitFor();
    expect(await guest.page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
    expect(await guest.page.getByRole('link', { name: 'API tokens' }).count()).toBe(0);
    await guest.page.getByRole('link', { name: 'Plugins', exact: true }).click();
    await guest.page.getByText('No plugin yet').waitFor();
    expect(await guest.page.getByRole('button', { name: 'Install a sample' }).count()).toBe(0);

    await owner.page.getByRole('button', { name: 'I have kept it' }).click();
    await owner.page.reload();
    await owner.page.getByText(`new-${tenant.slug}@test.test`).first().waitFor();
    expect([...owner.complaints, ...guest.complaints]).toEqual([]);
    await owner.close();
    await guest.close();
  });

  describe('webhooks', sendAgain);
}

function sendAgain(): void {
  let sink: WebhookSink;
  beforeAll(async () => {
    sink = await startWebhookSink();
  });
  afterAll(() => sink.close());

  it('finds a delivery that failed and sends the same bytes again', async () => {
    const tenant = await theBed().annex.makeTenant();
    sink.answer('/in', (nth) => (nth === 1 ? { status: 500, body: 'broken' } : { status: 200 }));
    await tenant.owner.post('/api/webhooks', {
      name: 'partner',
      url: `${sink.url}/in`,
      events: ['order.paid'],
      retry: { max_attempts: 1 },
    });
    await tenant.owner.post('/api/events', { type: 'order.paid', data: { total: 5 } });
    await until(
      () => tenant.owner.get('/api/webhooks/deliveries'),
      (answer) => answer.body.items[0]?.status === 'failed',
    );

    const { page, complaints, close } = await enter(tenant, 'webhooks/deliveries?status=failed');
    await page.getByRole('row').filter({ hasText: 'partner' }).getByRole('link').click();
    await page.getByText('answered 500', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send it again', exact: true }).click();
    await page.getByText('It is sent again').waitFor();
    await page.getByText('answered 200', { exact: true }).waitFor();
    const [first, second] = await sink.arrived('/in', 2);
    expect(second?.body).toEqual(first?.body);
    expect(complaints).toEqual([]);
    await close();
  });
}
