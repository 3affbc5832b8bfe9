import { afterAll, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname, { secrets: { GITHUB_WEBHOOK_SECRET: 'it is signed' }, user: null });
  return () => plugin.close();
});
afterAll(closeSandbox);

const deliver = (kind: string, body: string | object, delivery = 'd-1') =>
  plugin.request('POST', '/', { headers: { 'X-GitHub-Event': kind, 'X-GitHub-Delivery': delivery }, body });

const repository = { full_name: 'acme/shop', private: true };
const sender = { login: 'ada', id: 7 };

it('turns a push into an event about the repository', async () => {
  const answer = await deliver('push', { ref: 'refs/heads/main', repository, sender, commits: [] });
  expect([answer.status, await answer.json()]).toEqual([202, { event_id: 'github-d-1' }]);
  expect(plugin.emitted).toEqual([
    {
      id: 'github-d-1',
      type: 'github.push',
      source: 'https://github.com',
      subject: 'acme/shop',
      data: { repository: 'acme/shop', sender: 'ada', ref: 'refs/heads/main', title: null },
      severity: 'info',
      tags: [],
      attributes: {},
    },
  ]);
});

it.each([
  [
    'pull_request',
    { action: 'opened', pull_request: { title: 'Faster' }, repository, sender },
    'github.pull_request.opened',
    'Faster',
  ],
  ['issues', { action: 'closed', issue: { title: 'Slow' }, repository, sender }, 'github.issues.closed', 'Slow'],
  ['release', { action: 'Pre.Released!' }, 'github.release.pre_released_', null],
  ['workflow_run', { action: '' }, 'github.workflow_run', null],
])('names the event after the kind and the action: %s', async (kind, body, type, title) => {
  expect((await deliver(kind, body)).status).toBe(202);
  expect(plugin.emitted).toMatchObject([{ type, data: { title } }]);
});

it('emits once for a delivery that GitHub repeats', async () => {
  const first = await (await deliver('push', { repository })).json();
  expect(await (await deliver('push', { repository })).json()).toEqual(first);
  await deliver('push', { repository }, 'd-2');
  expect(plugin.emitted.map(({ id }) => id)).toEqual(['github-d-1', 'github-d-2']);
});

it('answers a ping and emits nothing', async () => {
  const answer = await deliver('ping', { zen: 'Keep it logically awesome.' });
  expect([answer.status, await answer.json()]).toEqual([200, { pong: 'Keep it logically awesome.' }]);
  expect(plugin.emitted).toEqual([]);
});

it('takes kinds that it does not know and drops them', async () => {
  const answer = await deliver('star', { action: 'created' });
  expect([answer.status, await answer.json()]).toEqual([202, { ignored: 'star' }]);
  expect(plugin.emitted).toEqual([]);
});

it.each(['', 'payload=%7B%7D', '[]', 'null', '{"ref":'])(
  'answers 400 to a body that is no JSON object: %j',
  async (body) => {
    expect((await deliver('push', body)).status).toBe(400);
    expect(plugin.emitted).toEqual([]);
  },
);

it('answers 400 without a delivery id, which tells repetitions apart', async () => {
  expect(
    (await plugin.request('POST', '/', { headers: { 'x-github-event': 'push' }, body: { repository } })).status,
  ).toBe(400);
});

it('takes POST only', async () => {
  const answer = await plugin.request('GET', '/');
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
});

it('cannot be enabled without the secret that its signatures are made with', async () => {
  await expect(openPlugin(import.meta.dirname)).rejects.toMatchObject({ code: 'REQUIREMENTS_MISSING' });
});
