import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { closeSandbox, HandlerFailed, openPlugin, type OutboundAnswer, type TestPlugin } from '@annex/sdk/testing';
import { advice } from './transforms/triage.js';

const slack = 'https://hooks.slack.com/services/T0/B0/x';

let plugin: TestPlugin;
let answer: OutboundAnswer;
beforeEach(async () => {
  answer = { body: 'ok' };
  plugin = await openPlugin(import.meta.dirname, {
    clock: '2026-01-31',
    secrets: { ALERT_TOKEN: 'a long token', SLACK_WEBHOOK_URL: slack },
    http: () => answer,
  });
});
afterEach(() => plugin.close());
afterAll(closeSandbox);

/** Maps an event, and hands it and what follows from it to the hooks, as Annex does. */
async function send(type: string, data = {}, source = 'kubernetes'): Promise<string[]> {
  const mapped = plugin.map({ type, source, subject: 'web-1', data });
  const { makes, suppressedBy } = mapped;
  const through = suppressedBy === null ? [...makes, mapped] : makes;
  for (const { type: name, subject, severity, alert, data: body } of through)
    await plugin.event(name, body, { subject: subject ?? '', severity, ...(alert && { alert }) });
  return through.map(({ type: name }) => name);
}
const sendAlert = (status: 'firing' | 'resolved', pod: string): Promise<string[]> =>
  send(`alert.${status}`, { alertname: 'HighLatency', status, labels: { service: 'shop', pod } }, 'alert-desk.alerts');
const tickets = () => plugin.tables.rows('tickets').map(({ status, about, count }) => [status, about, count]);
const told = () => plugin.requests.map((request) => (request.json() as { text: string }).text);

it('opens one ticket for a pod that restarts again and again, and counts', async () => {
  expect(await send('pod-restart')).toEqual(['pod.restart']);
  for (let n = 0; n < 5; n += 1) expect(await send('pod-restart')).toEqual([]);
  plugin.clock.advance(600_000);
  await send('pod-restart');
  expect(tickets()).toEqual([['open', 'web-1', 7]]);
  expect(told()).toEqual(['warning: pod.restart of web-1']);
});

it('closes it when the pod says so, or when nothing was heard for a while', async () => {
  await send('pod-restart');
  await send('pod-restart', { status: 'resolved' });
  expect(tickets()).toEqual([['closed', 'web-1', 1]]);
  await send('pod-restart');
  plugin.clock.advance(900_000);
  await send('oom-kill');
  expect(tickets()).toEqual([
    ['closed', 'web-1', 1],
    ['closed', 'web-1', 1],
    ['open', 'web-1', 1],
  ]);
});

it('takes what an Alertmanager says of ten pods of a service for one alert, and closes it with that', async () => {
  expect(await sendAlert('firing', 'shop-1')).toEqual(['service.alert']);
  for (let n = 2; n <= 10; n += 1) expect(await sendAlert('firing', `shop-${n}`)).toEqual([]);
  expect(tickets()).toEqual([['open', 'shop', 1]]);
  expect(await sendAlert('resolved', 'shop-1')).toEqual(['service.alert']);
  expect(tickets()).toEqual([['closed', 'shop', 1]]);
  expect(told()).toHaveLength(1);
});

it('tells of an incident when a pod restarts because it runs out of memory', async () => {
  await send('oom-kill');
  expect(await send('pod-restart')).toEqual(['incident.opened', 'pod.restart']);
  expect(plugin.logs).toMatchObject([{ level: 'error', message: 'web-1 restarts because it runs out of memory' }]);
  expect(told()).toContain('critical: web-1 restarts because it runs out of memory');
});

it('asks its agent in words that hold what is known', async () => {
  const prompt = await plugin.prompt('triage', {
    type: 'pod.restart',
    subject: 'web-1',
    severity: 'warning',
    data: { reason: 'OOMKilled' },
  });
  expect(prompt).toContain('pod.restart of web-1, severity warning');
  expect(prompt).toContain('{"reason":"OOMKilled"}');
});

it('writes the agent’s advice into the ticket, and tells it', async () => {
  await send('pod-restart');
  const [ticket] = plugin.tables.rows('tickets');
  const alert = {
    id: String(ticket?.['alert']),
    status: 'firing',
    count: 1,
    first_at: '2026-01-31T00:00:00Z',
  } as const;
  const result = advice({ text: ' <!channel> It leaks.\n' }, { alert });
  await plugin.event('agent.completed', { plugin: 'alert-desk', agent: 'triage', result: { ...result } });
  expect(plugin.tables.rows('tickets')).toMatchObject([{ advice: '<!channel> It leaks.' }]);
  expect(told().at(-1)).toBe('web-1: &lt;!channel&gt; It leaks.');
});

it('waits for the ticket when the agent is faster, and leaves the answers of others alone', async () => {
  const result = { alert: 'alt_none', text: 'early' };
  const early = plugin.event('agent.completed', { plugin: 'alert-desk', agent: 'triage', result });
  await expect(early).rejects.toMatchObject({ code: 'PLUGIN_ERROR', next: { then: 'retry' } });
  expect(await plugin.event('agent.completed', { plugin: 'other', agent: 'triage', result })).toEqual([]);
});

it('opens the ticket while Slack is away, and tries that again', async () => {
  answer = { status: 503 };
  const sent = send('pod-restart');
  await expect(sent).rejects.toBeInstanceOf(HandlerFailed);
  await expect(sent).rejects.toMatchObject({ next: { then: 'retry' } });
  expect(tickets()).toEqual([['open', 'web-1', 1]]);
});

it('makes nothing of an event that belongs to no alert', async () => {
  expect(await plugin.event('pod.restart')).toEqual([]);
});
