import { expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';

const code = `
import { job } from '@annex/sdk';
job('count', async (ctx, payload) => {
  ctx.log.info('counting begins', { from: payload.from });
  return { total: payload.from + 1 };
});
`;
const manifest = { slug: 'counter', name: 'Counter', jobs: [{ name: 'count', schedule: '@daily' }] };

/** Jobs: now, and not now. */
export function workWithJobs(): void {
  it('runs a job now with a payload, and shows its log and result', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    const { page, complaints, close } = await enter(tenant, 'plugins/counter/jobs');
    await page.getByRole('button', { name: 'Run now' }).click();
    const payload = page.getByRole('textbox', { name: 'Payload' });
    await payload.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{"from": 41}');
    await page.getByRole('button', { name: 'Run it', exact: true }).click();
    await page.getByRole('heading', { name: 'count', level: 1 }).waitFor();
    await page.getByRole('log').getByText('counting begins').waitFor();
    await page.getByRole('textbox', { name: 'result' }).getByText('42').waitFor();
    const link = page.url();
    expect(link).toMatch(/\/runs\/run_\w+$/);
    expect(complaints).toEqual([]);
    await close();
  });

  it('brings lines of the log to the screen as they are written', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    const { page, close } = await enter(tenant, 'plugins/counter/logs');
    await page.getByText('Nothing was written').waitFor();
    await tenant.owner.post('/api/plugins/counter/jobs/count/run-now', { payload: { from: 7 } });
    await page.getByRole('log').getByText('counting begins').waitFor();
    await close();
  });

  it('pauses a job and lets it go on', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    const { page, close } = await enter(tenant, 'plugins/counter/jobs');
    const paused = async (): Promise<boolean> =>
      (await tenant.owner.get('/api/plugins/counter/jobs')).body.items[0].paused;
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('count is paused').waitFor();
    expect(await paused()).toBe(true);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('count runs by its schedule again').waitFor();
    expect(await paused()).toBe(false);
    await close();
  });
}

/** Jobs: when, and what became of them. */
export function planJobs(): void {
  it('shows what a schedule would mean before it is saved, and goes back to the manifest’s', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    const { page, complaints, close } = await enter(tenant, 'plugins/counter/jobs');
    const job = async (): Promise<{ schedule: string; timezone: string; overridden: boolean }> =>
      (await tenant.owner.get('/api/plugins/counter/jobs')).body.items[0];
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await page.getByLabel('Schedule', { exact: true }).fill('0 9 * *');
    await page.getByRole('status', { name: 'Preview' }).getByText('SCHEDULE_INVALID').waitFor();
    await page.getByLabel('Schedule', { exact: true }).fill('30 9 * * MON');
    const preview = page.getByRole('list', { name: 'Next runs as previewed' });
    await preview
      .getByText(/Mon .*09:30/)
      .first()
      .waitFor();
    expect(await preview.getByRole('listitem').count()).toBe(10);
    expect((await job()).schedule).toBe('@daily');
    expect(await faultsOf(page, 'job-schedule')).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('changed here').waitFor();
    expect(await job()).toMatchObject({ schedule: '30 9 * * MON', overridden: true });

    await page.goto(`/console/t/${tenant.slug}/jobs?shows=week`);
    await page.getByText('09:30').first().waitFor();
    expect(await faultsOf(page, 'jobs-week')).toEqual([]);
    await page
      .getByRole('listitem')
      .filter({ hasText: '09:30' })
      .getByRole('link', { name: 'count of counter' })
      .click();
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await page.getByRole('button', { name: 'Back to the manifest’s' }).click();
    await page.getByText('changed here').waitFor({ state: 'detached' });
    expect(await job()).toMatchObject({ schedule: '@daily', overridden: false });
    expect(complaints).toEqual([]);
    await close();
  });

  it('tells why ticks did not run, and begins with the payload of an earlier run', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    await tenant.owner.post('/api/plugins/counter/jobs/count/run-now?wait=30', { payload: { from: 11 } });
    const { page, close } = await enter(tenant, 'plugins/counter/jobs');
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('list', { name: 'History of count' }).getByText('succeeded').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('combobox', { name: 'Begin with the payload of' }).click();
    await page.getByRole('option', { name: /succeeded/ }).click();
    await page.getByRole('textbox', { name: 'Payload', exact: true }).getByText('11').waitFor();
    await close();
  });
}
