/** Each example in Python does what its twin in TypeScript does, given the same. */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type OpenPluginOptions, type TestPlugin } from '@annex/sdk/testing';

afterAll(closeSandbox);

/** Interpreters start slowly on a busy machine. */
const patient = { timeout: 300_000 };

/** Does the same with both; answers what came of it. */
async function withBoth<Outcome>(
  slug: string,
  options: OpenPluginOptions,
  work: (plugin: TestPlugin) => Promise<Outcome>,
): Promise<{ typescript: Outcome; python: Outcome }> {
  const open = async (folder: string): Promise<Outcome> => {
    await using plugin = await openPlugin(join(import.meta.dirname, folder, slug), options);
    return await work(plugin);
  };
  return { typescript: await open('../plugins'), python: await open('.') };
}

/** What a handler answered, or how it failed and what follows. */
const told = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.catch(({ code, next }: { code: string; next: unknown }) => ({ code, next }));

const read = async (answer: Promise<Response>): Promise<[number, unknown]> => {
  const response = await answer;
  return [response.status, await response.json()];
};

it('welcome-email', patient, async () => {
  const created = (email: string | null): object => ({ user: { id: 'usr_1', email } });
  const config = { product: 'R&D <Labs>', skip_domains: ['acme.test'] };
  const { typescript, python } = await withBoth('welcome-email', { config }, async (plugin) => ({
    results: [
      await plugin.event('auth.user.created', created('ada.lovelace@mail.test'), { id: 'evt_1' }),
      await plugin.event('auth.user.created', created('ada.lovelace@mail.test'), { id: 'evt_1', attempt: 2 }),
      await plugin.event('auth.user.created', created('Bob@ACME.test'), { id: 'evt_2' }),
      await told(plugin.event('auth.user.created', created(null), { id: 'evt_3' })),
      await told(plugin.event('auth.user.created', {}, { id: 'evt_4' })),
    ],
    mails: plugin.mails.map(({ to, subject, text, html }) => ({ to, subject, text, html })),
    // Ids of mails are the platform's.
    emitted: plugin.emitted.map(({ id, type, data }) => [id, type, JSON.stringify(data).replace(/eml_\w+/, 'eml_1')]),
    logs: plugin.logs,
    stats: await read(plugin.request('GET', '/stats')),
  }));
  expect(python).toEqual(typescript);
  expect(python.mails).toMatchObject([{ subject: 'Welcome to R&D <Labs>, Ada Lovelace' }]);
  expect(python.results.at(-1)).toMatchObject({ code: 'NON_RETRYABLE', next: { then: 'dead' } });
  expect(python.stats).toEqual([200, { sent: 1 }]);
});

it('slack-notifier', patient, async () => {
  const answers = [
    { body: { ok: true } },
    { body: { ok: true } },
    { status: 429, headers: { 'Retry-After': '17' } },
    { status: 401 },
    { body: { ok: false, error: 'invalid_auth' } },
    { body: { ok: false, error: 'internal_error' } },
    { status: 503, body: 'down' },
  ];
  const failed = { build: { id: '7', branch: '<!channel> & "co"', url: 'https://ci.test/7' } };
  const secrets = { SLACK_BOT_TOKEN: 'xoxb-1' };
  let asked = 0;
  const http = () => answers[asked++] ?? { status: 500 };
  const { typescript, python } = await withBoth('slack-notifier', { secrets, http }, async (plugin) => {
    asked = 0;
    const results: unknown[][] = [await plugin.event('auth.user.created', { user: { email: 'ada@mail.test' } })];
    for (let each = 1; each < answers.length; each += 1)
      results.push([await told(plugin.event('build.failed', failed))]);
    results.push([await told(plugin.event('build.failed', {}))]);
    return {
      results,
      requests: plugin.requests.map((request) => ({ url: request.url, body: request.json() as unknown })),
      tokens: plugin.requests.map(({ headers }) => headers['authorization']),
    };
  });
  expect(python).toEqual(typescript);
  expect(python.requests[1]?.body).toMatchObject({
    text: ':x: Build 7 failed on &lt;!channel&gt; &amp; "co" <https://ci.test/7|details>',
  });
  expect(python.results[2]).toMatchObject([{ code: 'RETRY_AFTER', next: { then: 'retry', delayMs: 17_000 } }]);
});

it('daily-kpi', patient, async () => {
  const dayMs = 86_400_000;
  const day = new Date(Date.now() - dayMs).toISOString().slice(0, 10);
  const now = (): number => Date.parse(`${day}T12:00:00Z`);
  const { typescript, python } = await withBoth('daily-kpi', { now }, async (plugin) => {
    await plugin.event('auth.user.created', { user: { id: 'usr_1' } });
    await plugin.event('order.paid', { total: 20.5 });
    await plugin.event('order.paid', { total: 10 });
    await plugin.event('order.cancelled', { total: 99 });
    return {
      results: [
        await told(plugin.event('order.paid', { total: 'a lot' })),
        await plugin.job('daily_report', { day }),
        await told(plugin.job('daily_report', { day: '2999-01-01' })),
        await told(plugin.job('daily_report', { day: 7 })),
        await told(plugin.job('daily_report', { day: '2020-01-31' })),
      ],
      emitted: plugin.emitted.map(({ type, data }) => ({ type, data })),
      keys: plugin.kv.keys().sort(),
      answers: [
        await read(plugin.request('GET', '/reports')),
        await read(plugin.request('GET', `/reports/${day}`)),
        await read(plugin.request('GET', '/reports/2020-01-31')),
        await read(plugin.request('POST', '/reports', { body: '{"day":"31.1.2026"}' })),
        await read(plugin.request('POST', '/reports', { body: 'null' })),
      ],
      started: [(await plugin.request('POST', '/reports')).status, plugin.startedJobs.map(({ payload }) => payload)],
    };
  });
  expect(python).toEqual(typescript);
  expect(python.results[1]).toEqual({ day, signups: 1, orders: 2, revenue: 30.5 });
  expect(python.answers.map(([status]) => status)).toEqual([200, 200, 404, 400, 400]);
});
