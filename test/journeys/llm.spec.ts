import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let server: Server;
let port: number;
let tenant: TestTenant;
let asked: {
  authorization: string | undefined;
  body: { model: string; messages: { role: string; content: string }[] } & Record<string, unknown>;
}[];
let answer: (prompt: string, response: ServerResponse) => void;

const operatorKey = 'sk-of-the-operator-0123456789';

const say = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(
    JSON.stringify({
      model: 'tiny-1',
      choices: [{ message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 },
    }),
  );
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as (typeof asked)[number]['body'];
      asked.push({ authorization: request.headers.authorization, body });
      answer(body.messages.map(({ content }) => content).join('\n'), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  annex = await startTestAnnex({
    LLM_BASE_URL: `http://127.0.0.1:${port}/v1`,
    LLM_API_KEY: operatorKey,
    LLM_MODEL: 'tiny',
    ANNEX_LLM_DAILY_TOKENS: '1000',
  });
});
afterAll(async () => {
  await annex.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => {
  asked = [];
  answer = (prompt, response) => say(response, `You said: ${prompt}`);
  tenant = await annex.makeTenant();
});

const code = pluginCode('llm');
const asker = {
  manifest: { slug: 'asker', routes: true, permissions: ['llm.use'], secrets: [{ name: 'KEY', required: false }] },
  code,
};
const post = (path: string, body: unknown, into = tenant): Promise<Answer> =>
  into.owner.post(`/ext/asker${path}`, body);

/** A filter has a second, which a busy machine may need to start an executor: asked once until it ran in time. */
async function warm(name: string, value: unknown): Promise<void> {
  await until(
    () => tenant.owner.post(`/api/filters/${name}`, { value }),
    ({ body }) =>
      (body.runs as { status: string }[] | undefined)?.every(({ status }) => status === 'succeeded') ??
      body.reason === 'PLUGIN_ERROR',
  );
}

const blank = { messages: [{ role: 'user', content: 'warm' }] };

describe('ctx.llm.run', () => {
  it('asks the operator’s model and answers text and tokens, which are counted', async () => {
    await tenant.install(asker);
    const { status, body, headers } = await post('/ask', {
      prompt: 'Hello',
      options: { system: 'Be brief.', max_tokens: 9, temperature: 0, response_format: 'json', stop: 'X' },
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        text: 'You said: Be brief.\nHello',
        usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 },
        model: 'tiny-1',
        finish_reason: 'stop',
      },
    });
    expect(asked).toEqual([
      {
        authorization: `Bearer ${operatorKey}`,
        body: {
          model: 'tiny',
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Hello' },
          ],
          max_tokens: 9,
          temperature: 0,
          stop: 'X',
          response_format: { type: 'json_object' },
          stream: false,
        },
      },
    ]);
    const run = await until(
      () => tenant.owner.get(`/api/runs/${headers.get('annex-run-id') ?? ''}`),
      ({ status: found }) => found === 200,
    );
    expect(run.body.limits).toMatchObject({ llm_tokens: { used: 30, max: 200_000 } });
    const usage = await until(
      () => tenant.owner.get('/api/usage'),
      ({ body: { items } }) => items[0]?.metrics?.llm_tokens > 0,
    );
    expect(usage.body.items[0].metrics).toMatchObject({
      llm_calls: 1,
      llm_tokens: 30,
      llm_prompt_tokens: 20,
      llm_completion_tokens: 10,
    });
  });

  it('takes a conversation, either spelling of its options, and no option that it does not know', async () => {
    await tenant.install(asker);
    await post('/ask', {
      prompt: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
        { role: 'user', content: 'c' },
      ],
      options: { maxTokens: 5, model: 'large' },
    });
    await post('/ask', { prompt: 'last', options: { messages: [{ role: 'user', content: 'first' }] } });
    expect(
      asked.map(({ body }) => [body.model, body.max_tokens, body.messages.map(({ content }) => content).join()]),
    ).toEqual([
      ['large', 5, 'a,b,c'],
      ['tiny', undefined, 'first,last'],
    ]);
    for (const [prompt, options] of [
      ['', {}],
      [[], {}],
      [[{ role: 'tool', content: 'x' }], {}],
      [1, {}],
      [null, {}],
      ['x', { max_tokens: 0 }],
      ['x', { temperature: 3 }],
      ['x', { stream: true }],
      ['x', { model: 'two\nlines' }],
    ]) {
      expect((await post('/try', { prompt, options })).body, JSON.stringify([prompt, options])).toMatchObject([
        { code: 'INVALID_ARGUMENTS' },
      ]);
    }
    expect((await post('/try', { prompt: 'x'.repeat(256 * 1024 + 1) })).body).toMatchObject([
      { code: 'PAYLOAD_TOO_LARGE' },
    ]);
    expect(asked).toHaveLength(2);
  });

  it('needs the permission, and nothing leaves without it', async () => {
    await tenant.install(asker);
    await tenant.owner.put('/api/plugins/asker/permissions', { granted: [] });
    await until(
      () => post('/try', { prompt: 'x' }),
      ({ body: [first] }) => first.code === 'PERMISSION_DENIED',
    );
    const before = asked.length;
    expect((await post('/try', { prompt: 'x' })).body).toMatchObject([{ code: 'PERMISSION_DENIED' }]);
    expect(asked).toHaveLength(before);
  });

  it('stops after ten calls of a route', async () => {
    await tenant.install(asker);
    const { body } = await post('/try', { prompt: 'x', times: 11 });
    expect(body[9].text).toBe('You said: x');
    expect(body[10]).toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining('10 language model calls'),
    });
    expect(asked).toHaveLength(10);
  });

  it('stops at the operator’s cap of the day, which says so, and does not stop another tenant', async () => {
    await tenant.install(asker);
    for (let round = 0; round < 4; round += 1) await post('/try', { prompt: 'x', times: 10 });
    expect((await post('/try', { prompt: 'x' })).body).toMatchObject([
      { code: 'RATE_LIMITED', message: expect.stringContaining('ANNEX_LLM_DAILY_TOKENS') },
    ]);
    const other = await annex.makeTenant();
    await other.install(asker);
    expect((await post('/ask', { prompt: 'x' }, other)).status).toBe(200);
  });

  it('uses a tenant’s own key and model, which never show', async () => {
    await tenant.install(asker);
    await tenant.owner.put('/api/secrets/LLM_API_KEY', { value: 'sk-of-the-tenant-987654' });
    await tenant.owner.put('/api/secrets/LLM_MODEL', { value: 'theirs' });
    answer = (_prompt, response) => say(response, 'the key was sk-of-the-tenant-987654');
    const { body } = await until(
      () => post('/ask', { prompt: 'x' }),
      () => asked.at(-1)?.body.model === 'theirs',
    );
    expect(asked.at(-1)).toMatchObject({ authorization: 'Bearer sk-of-the-tenant-987654', body: { model: 'theirs' } });
    expect(body.text).not.toContain('sk-of-the-tenant');
    expect(annex.log()).not.toMatch(/sk-of-the-(tenant|operator)/);
  });

  it('does not let a tenant’s URL into the network, nor the operator’s key out of it', async () => {
    await tenant.install(asker);
    await tenant.owner.put('/api/secrets/LLM_BASE_URL', { value: `http://127.0.0.1:${port}/v1` });
    const { body } = await until(
      () => post('/try', { prompt: 'x' }),
      ({ body: [first] }) => first.code !== undefined,
    );
    expect(body).toMatchObject([
      { code: 'LLM_NOT_CONFIGURED', message: expect.stringContaining('EGRESS_PRIVATE_ADDRESS') },
    ]);
  });

  it.each<[number, string, number]>([
    [401, 'LLM_UNAUTHORIZED', 422],
    [429, 'RATE_LIMITED', 429],
    [500, 'LLM_UNAVAILABLE', 503],
  ])('names what a failing endpoint means: %i is %s', async (status, errorCode, routeStatus) => {
    await tenant.install(asker);
    answer = (_prompt, response) =>
      void response
        .writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' })
        .end('{"error":{"message":"no"}}');
    expect((await post('/try', { prompt: 'x' })).body).toMatchObject([{ code: errorCode }]);
    expect((await post('/ask', { prompt: 'x' })).status).toBe(routeStatus);
  });

  it('masks a secret that a plugin puts into a prompt', async () => {
    await tenant.install(asker, { secrets: { KEY: 'canary-in-a-prompt-0815' } });
    expect((await tenant.owner.get('/ext/asker/leak')).status).toBe(200);
    expect(JSON.stringify(asked)).not.toContain('canary-in-a-prompt-0815');
  });
});

describe('the filters around it', () => {
  const guard = (slug: string, names: string[], filters: string, permissions: string[] = []) => ({
    manifest: { slug, filters: names, permissions },
    code: `import { filter } from '@annex/sdk'\n${filters}`,
  });

  it('change what is asked and what is answered', async () => {
    await tenant.install(asker);
    await tenant.install(
      guard(
        'redact',
        ['llm.prompt', 'llm.response'],
        `
          filter('llm.prompt', (ctx, value) => ({
            ...value,
            model: 'small',
            messages: [
              { role: 'system', content: 'rules of ' + value.plugin },
              ...value.messages.map((m) => ({ ...m, content: m.content.replace(/\\d{4}/g, '####') })),
            ],
          }));
          filter('llm.response', (ctx, value) => ({
            ...value,
            text: value.text.toUpperCase() + ' ' + value.usage?.total_tokens,
          }))
        `,
      ),
    );
    await warm('llm.prompt', blank);
    await warm('llm.response', { text: 'warm' });
    const { body } = await post('/ask', { prompt: 'pin 1234' });
    expect(asked[0]?.body).toMatchObject({
      model: 'small',
      messages: [
        { role: 'system', content: 'rules of asker' },
        { role: 'user', content: 'pin ####' },
      ],
    });
    expect(body.text).toBe('YOU SAID: RULES OF ASKER\nPIN #### 30');
    const runs = await until(
      () => tenant.owner.get('/api/runs?kind=filter&plugin=redact'),
      ({ body: { items } }) => items.length >= 4,
    );
    expect(new Set((runs.body.items as { name: string }[]).map(({ name }) => name))).toEqual(
      new Set(['llm.prompt', 'llm.response']),
    );
  });

  it('keep a prompt from leaving when they say so', async () => {
    await tenant.install(asker);
    await tenant.install(
      guard(
        'stop',
        ['llm.prompt'],
        `filter('llm.prompt', { on_error: 'fail' }, (ctx, value) => {
            if (value.messages.some((m) => m.content.includes('forbidden'))) throw new Error('no');
          })`,
      ),
    );
    await warm('llm.prompt', blank);
    expect((await post('/ask', { prompt: 'allowed' })).status).toBe(200);
    expect((await post('/try', { prompt: 'forbidden fruit' })).body).toMatchObject([
      { code: 'FILTER_FAILED', message: expect.stringContaining('stop') },
    ]);
    expect(asked).toHaveLength(1);
  });

  it('may ask the model themselves without being asked about that', async () => {
    await tenant.install(asker);
    await tenant.install(
      guard(
        'judge',
        ['llm.prompt'],
        `filter('llm.prompt', { on_error: 'fail' }, async (ctx, value) => {
            const { text } = await ctx.llm.run('judge: ' + value.messages.at(-1).content);
            return { ...value, messages: [{ role: 'user', content: text }] };
          })`,
        ['llm.use'],
      ),
    );
    await tenant.install(
      guard(
        'watch',
        ['llm.prompt'],
        `filter('llm.prompt', { priority: -1 }, (ctx, value) => ({
            ...value,
            messages: value.messages.map((m) => ({ ...m, content: m.content + ' (watched)' })),
          }))`,
      ),
    );
    await until(
      () => post('/try', { prompt: 'x' }),
      ({ body: [first] }) =>
        first.text !== undefined &&
        asked.slice(-2).every(({ body }) => body.messages.at(-1)?.content.includes('(watched)')),
    );
    // The judge's own question passed the other plugin's filter, and was not judged again.
    expect(asked.slice(-2).map(({ body }) => body.messages.at(-1)?.content)).toEqual([
      'judge: x (watched) (watched)',
      'You said: judge: x (watched) (watched)',
    ]);
  });

  it('that make something else of a prompt end the call', async () => {
    await tenant.install(asker);
    await tenant.install(
      guard(
        'odd',
        ['llm.prompt'],
        `filter('llm.prompt', (ctx, value) =>
            value.messages[0].content === 'warm' ? value : { messages: 'not a list' },
          )`,
      ),
    );
    await warm('llm.prompt', blank);
    expect((await post('/try', { prompt: 'x' })).body).toMatchObject([{ code: 'FILTER_FAILED' }]);
    expect(asked).toEqual([]);
  });
});
