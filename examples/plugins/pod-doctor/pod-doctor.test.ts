import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

const admin = { id: 'usr_1', email: 'admin@example.com', role: 'admin' } as const;

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname, {
    clock: '2026-01-31',
    user: admin,
    secrets: { KUBECONFIG: 'x' },
    llm: ({ messages }) => `Yes: ${JSON.stringify(messages).includes('OOMKilled')}`,
  });
});
afterEach(() => plugin.close());
afterAll(closeSandbox);

/** Maps an event of the cluster, and hands what it becomes to the hooks, as Annex does. */
async function send(type: string, data: object, subject = 'web-1'): Promise<void> {
  const mapped = plugin.map({ type, source: 'pod-doctor.cluster', subject, data: data as never });
  const { makes, suppressedBy } = mapped;
  for (const { type: name, subject: of, severity, alert, data: body } of suppressedBy === null
    ? [...makes, mapped]
    : makes)
    await plugin.event(name, body, { subject: of ?? '', severity, ...(alert && { alert }) });
}
const cases = () => plugin.tables.rows('pod_cases').map(({ pod, status, action }) => [pod, status, action]);
const killed = { reason: 'OOMKilled', container: 'web', exit_code: 137, count: 1 };

it('opens one case for a pod, with a finding and an opinion', async () => {
  for (let n = 0; n < 5; n += 1) await send('pod.oom_kill', killed);
  expect(plugin.tables.rows('pod_cases')).toMatchObject([
    {
      pod: 'web-1',
      status: 'open',
      action: 'raise_memory',
      finding: 'web needs more memory than its limit',
      opinion: 'Yes: true',
    },
  ]);
});

it('takes a restart for trouble when it is the third', async () => {
  for (const count of [1, 2]) await send('pod.restart', { reason: 'Error', exit_code: 1, count });
  expect(cases()).toEqual([]);
  await send('pod.restart', { reason: 'Error', exit_code: 1, count: 3 });
  expect(cases()).toEqual([['web-1', 'open', 'none']]);
});

it('closes the case when nothing was heard for half an hour', async () => {
  await send('pod.oom_kill', killed);
  plugin.clock.advance(1_800_000);
  await send('pod.pending', { reason: 'Unschedulable', message: '0/3 nodes' }, 'web-2');
  expect(cases()).toEqual([
    ['web-1', 'over', 'raise_memory'],
    ['web-2', 'open', 'add_capacity'],
  ]);
});

it('does nothing before an admin says yes, and then once', async () => {
  await send('pod.oom_kill', killed);
  const [found] = plugin.tables.rows('pod_cases');
  const say = (word: string) => plugin.request('POST', `/cases/${String(found?.['id'])}/${word}`);
  expect((await say('burn')).status).toBe(404);
  expect((await say('approve')).status).toBe(200);
  expect((await say('approve')).status).toBe(409);
  expect(plugin.emitted).toMatchObject([{ type: 'pod.fix_approved', data: { pod: 'web-1', action: 'raise_memory' } }]);
  expect(cases()).toEqual([['web-1', 'approved', 'raise_memory']]);
});
