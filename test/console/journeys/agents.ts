import { TaskState } from '@a2a-js/sdk';
import { expect, it } from 'vitest';
import { startA2aServer } from '../../support/a2a-server.js';
import { faultsOf } from '../axe.js';
import { enter, theBed } from '../browser.js';
import { installDoctor } from '../doctor.js';

/** Questions to agents: one that is refused, one that is agreed with and answered. */
export function answerAgents(): void {
  it('says no to a question with a reason, and yes to another, which the agent answers', async () => {
    const agent = await startA2aServer({ token: 'of-the-agent' });
    agent.onAsked = () => ({ text: 'Give it more memory', state: TaskState.TASK_STATE_COMPLETED });
    try {
      const tenant = await theBed().annex.makeTenant();
      const { page, complaints, close } = await enter(tenant, 'agents');
      await page.getByText('Nobody is asked').waitFor();
      expect(await faultsOf(page, 'agents-empty')).toEqual([]);
      await installDoctor(tenant, { AGENT_URL: `${agent.url}/rpc`, AGENT_TOKEN: 'of-the-agent' });
      await tenant.owner.post('/api/events', { type: 'pod.oom', subject: 'web-1' });
      await page.getByRole('button', { name: 'Reject…' }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('Not at night.');
      expect(await faultsOf(page, 'agents-reject')).toEqual([]);
      await page.getByRole('dialog').getByRole('button', { name: 'Reject', exact: true }).click();
      await page.getByRole('row', { name: /skipped/ }).waitFor();
      expect((await tenant.owner.get('/api/agents/questions')).body.items).toMatchObject([
        { approval: { status: 'rejected', reason: 'Not at night.' } },
      ]);

      await tenant.owner.post('/api/events', { type: 'pod.oom', subject: 'web-2' });
      await page.getByRole('link', { name: 'What would be asked' }).click();
      await page.getByText('Why was web-2 killed?').waitFor();
      await page.getByRole('button', { name: 'Approve', exact: true }).click();
      await page.getByText('Give it more memory').first().waitFor();
      expect(agent.asked).toMatchObject([{ text: expect.stringContaining('web-2') }]);
      expect(await faultsOf(page, 'question-answered')).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    } finally {
      await agent.stop();
    }
  });
}
