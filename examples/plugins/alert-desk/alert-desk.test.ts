import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname, { clock: '2026-01-31' });
});
afterEach(() => plugin.close());
afterAll(closeSandbox);

/** Maps an event, and hands it and what follows from it to the hooks, as Annex does. */
async function send(type: string, data = {}): Promise<string[]> {
  const mapped = plugin.map({ type, source: 'kubernetes', subject: 'web-1', data });
  const { makes, suppressedBy } = mapped;
  const through = suppressedBy === null ? [...makes, mapped] : makes;
  for (const { type: name, subject, severity, alert, data: body } of through)
    await plugin.event(name, body, { subject: subject ?? '', severity, ...(alert && { alert }) });
  return through.map(({ type: name }) => name);
}
const tickets = () => plugin.tables.rows('tickets').map(({ status, pod, count }) => [status, pod, count]);

it('opens one ticket for a pod that restarts again and again, and counts', async () => {
  expect(await send('pod-restart')).toEqual(['pod.restart']);
  for (let n = 0; n < 5; n += 1) expect(await send('pod-restart')).toEqual([]);
  plugin.clock.advance(600_000);
  await send('pod-restart');
  expect(tickets()).toEqual([['open', 'web-1', 7]]);
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

it('tells of an incident when a pod restarts because it runs out of memory', async () => {
  await send('oom-kill');
  expect(await send('pod-restart')).toEqual(['incident.opened', 'pod.restart']);
  expect(plugin.logs).toMatchObject([{ level: 'error', message: 'web-1 restarts because it runs out of memory' }]);
});

it('makes nothing of an event that belongs to no alert', async () => {
  expect(await plugin.event('pod.restart')).toEqual([]);
});
