import { afterAll, afterEach, expect, it } from 'vitest';
import {
  closeSandbox,
  openPlugin,
  type OpenPluginOptions,
  type OutboundAnswer,
  type TestPlugin,
} from '@annex/sdk/testing';

let plugin: TestPlugin;
afterEach(() => plugin.close());
afterAll(closeSandbox);

const TOKEN = 'xoxb-123456-secret';

/** The plugin, with a Slack that answers so. */
async function open(answer: OutboundAnswer = { body: { ok: true } }, options: OpenPluginOptions = {}) {
  plugin = await openPlugin(import.meta.dirname, {
    secrets: { SLACK_BOT_TOKEN: TOKEN },
    http: () => answer,
    ...options,
  });
  return plugin;
}

const texts = () => plugin.requests.map((request) => (request.json() as { text: string }).text);
const failed = { build: { id: '7', branch: 'main', url: 'https://ci.test/7' } };

it('posts a failed build to the channel of the settings, signed with the token', async () => {
  await open({ body: { ok: true } }, { config: { channel: '#builds' } });
  expect(await plugin.event('build.failed', failed)).toEqual([{ status: 'posted' }]);
  const [request] = plugin.requests;
  expect(request).toMatchObject({
    method: 'POST',
    url: 'https://slack.com/api/chat.postMessage',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  });
  expect(request?.json()).toEqual({
    channel: '#builds',
    text: ':x: Build 7 failed on main <https://ci.test/7|details>',
  });
});

it.each([
  ['build.completed', { build: { id: '7' } }, ':white_check_mark: Build 7 completed'],
  ['build.started', { build: { id: '7' } }, ':gear: Build 7 started'],
  ['build.finished', { build: { id: '7', status: 'failed' } }, ':x: Build 7 failed'],
  ['auth.user.created', { user: { email: 'ada@mail.test' } }, ':wave: ada@mail.test joined'],
])('says what happened at %s', async (type, data, text) => {
  await open();
  await plugin.event(type, data);
  expect(texts()).toEqual([text]);
});

it('says nothing about builds that went well when only failures are wanted', async () => {
  await open({ body: { ok: true } }, { config: { only_failures: true } });
  expect(await plugin.event('build.completed', { build: { id: '7' } })).toEqual([{ status: 'skipped' }]);
  expect(await plugin.event('build.failed', failed)).toEqual([{ status: 'posted' }]);
  expect(plugin.requests).toHaveLength(1);
});

it('lets nobody mention a channel through the name of a branch', async () => {
  await open();
  await plugin.event('build.failed', { build: { id: '7', branch: '<!channel> & co' } });
  expect(texts()).toEqual([':x: Build 7 failed on &lt;!channel&gt; &amp; co']);
});

it.each([
  ['17', 17_000],
  [undefined, 30_000],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 30_000],
])('comes back when Slack says so: Retry-After %s', async (header, delayMs) => {
  await open({ status: 429, headers: header === undefined ? {} : { 'Retry-After': header } });
  await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({
    code: 'RETRY_AFTER',
    next: { then: 'retry', delayMs },
  });
});

it.each(['invalid_auth', 'channel_not_found'])(
  'gives up at once on %s, which trying again does not mend',
  async (error) => {
    await open({ body: { ok: false, error } });
    await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({
      code: 'NON_RETRYABLE',
      message: `Slack refused: ${error}`,
      next: { then: 'dead' },
    });
  },
);

it.each<OutboundAnswer>([{ status: 401 }, { status: 404, body: 'no such method' }])(
  'gives up at once on a refusal by status: %j',
  async (answer) => {
    await open(answer);
    await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  },
);

it.each<OutboundAnswer>([
  { status: 503, body: 'down' },
  { body: { ok: false, error: 'internal_error' } },
  { body: '<html>' },
])('tries again when Slack itself is in trouble: %j', async (answer) => {
  await open(answer);
  await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({
    code: 'PLUGIN_ERROR',
    next: { then: 'retry' },
  });
  await expect(plugin.event('build.failed', failed, { attempt: 5 })).rejects.toMatchObject({
    next: { then: 'dead', reason: 'attempts_spent' },
  });
});

it('tries again when there is no connection', async () => {
  await open(undefined, { http: () => Promise.reject(new Error('connection reset')) });
  await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({
    message: expect.stringContaining('connection reset'),
    next: { then: 'retry' },
  });
});

it.each([
  ['build.failed', {}],
  ['build.failed', { build: {} }],
  ['auth.user.created', { user: { email: null } }],
])('gives up at once on a %s without its subject: %j', async (type, data) => {
  await open();
  await expect(plugin.event(type, data)).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  expect(plugin.requests).toEqual([]);
});

it('reaches another server only when the manifest lets it', async () => {
  await open({ body: { ok: true } }, { config: { api_base: 'https://eu.slack.com/' } });
  await plugin.event('build.failed', failed);
  expect(plugin.requests.map(({ url }) => url)).toEqual(['https://eu.slack.com/api/chat.postMessage']);
  await plugin.close();
  await open({ body: { ok: true } }, { config: { api_base: 'https://mock.test' } });
  await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('"mock.test"'),
  });
  expect(plugin.requests).toEqual([]);
});

it('posts nothing without the grant of outbound_http', async () => {
  await open({ body: { ok: true } }, { grants: [] });
  await expect(plugin.event('build.failed', failed)).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    next: { then: 'dead' },
  });
  expect(plugin.requests).toEqual([]);
});

it('cannot be enabled without its token', async () => {
  await expect(openPlugin(import.meta.dirname)).rejects.toMatchObject({
    code: 'REQUIREMENTS_MISSING',
    message: expect.stringContaining('SLACK_BOT_TOKEN'),
  });
});
