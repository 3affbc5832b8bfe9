import { expect, it } from 'vitest';
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
