import { expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';

const code = `
import { job } from '@annex/sdk';
job('settle', async (ctx) => {
  await ctx.kv.set('month', { closed: true });
  await ctx.jobs.runNow('report', {});
  return { settled: true };
});
job('report', (ctx) => ctx.kv.get('month'));
`;
const manifest = { slug: 'ledger', name: 'Ledger', jobs: [{ name: 'settle' }, { name: 'report' }] };

/** What a run asked of the host, and what it brought about. */
export function seeWhatItAsked(): void {
  it('teaches how to record a plugin, and then shows the calls and children of a run', async () => {
    const tenant = await theBed().annex.makeTenant();
    await tenant.install({ manifest, code });
    const { body } = await tenant.owner.post('/api/plugins/ledger/jobs/settle/run-now?wait=30', {});
    const { page, complaints, close } = await enter(tenant, `runs/${body.run_id}`, { role: 'developer' });
    await page.getByText('This run was not recorded.').waitFor();
    await page.getByRole('button', { name: 'Record for ten minutes', exact: true }).click();
    await page.getByText('Runs that begin until').waitFor();
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('A replay of').waitFor();
    const calls = page.getByRole('list', { name: 'Host calls in order of time' });
    await calls.getByRole('button', { name: /kv\.set/ }).click();
    await page.getByRole('textbox', { name: 'arguments of call 1' }).getByText('"closed"').waitFor();
    await page.getByRole('button', { name: 'Open what report brought about' }).click();
    await page.getByText('It brought nothing about.').waitFor();
    expect(await faultsOf(page, 'run-recorded')).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}
