import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname, {
    clock: '2026-01-31',
    secrets: { KUBECONFIG: 'x', AGENT_URL: 'https://agent.test/a2a', AGENT_TOKEN: 'x' },
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

it('asks its agent in words that hold what the cluster says', async () => {
  const prompt = await plugin.prompt('mend', { type: 'pod.out_of_memory', subject: 'web-1', data: killed });
  expect(prompt).toContain('web-1 (pod.out_of_memory');
  expect(prompt).toContain('"reason":"OOMKilled"');
});

it.each([
  ['agent.completed', { result: { text: 'the limit is 512Mi now' } }, 'mended', 'the limit is 512Mi now'],
  [
    'agent.failed',
    { error: { code: 'AGENT_FAILED', message: 'the cluster is frozen' } },
    'left',
    'the cluster is frozen',
  ],
])('tells in the case how %s ended it, again and again', async (type, end, status, report) => {
  await send('pod.oom_kill', killed);
  const [found] = plugin.tables.rows('pod_cases');
  const told = { plugin: 'pod-doctor', agent: 'mend', event_id: String(found?.['event']), ...end };
  for (let n = 0; n < 2; n += 1) await plugin.event(type, told);
  expect(plugin.tables.rows('pod_cases')).toMatchObject([{ status, report }]);
  const listed = await (await plugin.request('GET', `/cases?status=${status}`)).json();
  expect(listed).toMatchObject({ cases: [{ pod: 'web-1', report }] });
});

it('waits for the case when the agent is faster, and leaves the answers of others alone', async () => {
  const told = { plugin: 'pod-doctor', agent: 'mend', event_id: 'evt_none', result: { text: 'early' } };
  await expect(plugin.event('agent.completed', told)).rejects.toMatchObject({ next: { then: 'retry' } });
  expect(await plugin.event('agent.completed', { ...told, plugin: 'other' })).toEqual([]);
});

it('mends nothing by itself, and a case can be decided nowhere else', async () => {
  await send('pod.oom_kill', killed);
  const [found] = plugin.tables.rows('pod_cases');
  expect((await plugin.request('POST', `/cases/${String(found?.['id'])}/approve`)).status).toBe(404);
  expect(plugin.emitted).toEqual([]);
  expect(cases()).toEqual([['web-1', 'open', 'raise_memory']]);
});
