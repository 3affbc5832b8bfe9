import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgress } from '@annex/egress';
import { AnnexError, systemClock, type Id } from '@annex/kernel';
import { createMasker } from '@annex/vault';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { chooseEndpoint } from './endpoint.js';
import { createLlm, type LlmOptions, type LlmRequest } from './llm.js';

interface Asked {
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

let server: Server;
let port: number;
let db: TestDatabase;
let tenantId: Id<'tenant'>;
let asked: Asked[];
let answer: (asked: Asked, response: ServerResponse) => void;

const key = 'sk-operators-own-key-0123456789';
const completion = (text: string | null, extra: object = {}) => ({
  id: 'c-1',
  object: 'chat.completion',
  model: 'tiny-1',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
  ...extra,
});
const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

beforeAll(async () => {
  db = await openTestDatabase();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        url: request.url,
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>,
      };
      asked.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await db.close();
});
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  asked = [];
  answer = (_asked, response) => json(response, 200, completion('hello'));
});
afterEach(() => {
  delete process.env['OPENAI_CUSTOM_HEADERS'];
  delete process.env['OPENAI_ORG_ID'];
});

const baseUrl = (): string => `http://127.0.0.1:${port}/v1`;

const settings = (tenant: Record<string, string>, hosts: Record<string, string[]> = {}) =>
  new Map(Object.entries(tenant).map(([name, value]) => [name, { value, allowedHosts: hosts[name] ?? [] }]));

function llm(
  options: Partial<LlmOptions> & { tenant?: Record<string, string>; hosts?: Record<string, string[]> } = {},
) {
  const { tenant = {}, hosts = {}, ...rest } = options;
  return createLlm({
    operator: { baseUrl: baseUrl(), apiKey: key, model: 'tiny' },
    readTenantSettings: () => Promise.resolve(settings(tenant, hosts)),
    egress: createEgress(),
    operatorEgress: createEgress({ allowPrivate: [`127.0.0.1:${port}`] }),
    maskerOf: async (values) => createMasker(values),
    database: db.database,
    clock: systemClock,
    ...rest,
  });
}

const ask = (options: Parameters<typeof llm>[0] = {}, request: Partial<LlmRequest> = {}) =>
  llm(options).complete({
    tenantId,
    source: 'acme/probe',
    messages: [{ role: 'user', content: 'Hi' }],
    deadlineMs: Date.now() + 30_000,
    ...request,
  });

const failure = async (
  options: Parameters<typeof llm>[0] = {},
  request: Partial<LlmRequest> = {},
): Promise<AnnexError> => {
  const thrown = await ask(options, request).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AnnexError)) throw new Error(`expected an AnnexError, got ${String(thrown)}`);
  return thrown;
};

describe('a call', () => {
  it('is a chat completion of the OpenAI API, and answers text, tokens, model and why it ended', async () => {
    const messages = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'Hi' },
    ];
    expect(await ask({}, { messages, maxTokens: 50, temperature: 0.5, stop: ['END'], responseFormat: 'json' })).toEqual(
      {
        text: 'hello',
        usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
        model: 'tiny-1',
        finishReason: 'stop',
      },
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: {
        model: 'tiny',
        messages,
        max_tokens: 50,
        temperature: 0.5,
        stop: ['END'],
        response_format: { type: 'json_object' },
        stream: false,
      },
    });
  });

  it('sends what was not asked for neither in its body nor from the environment', async () => {
    process.env['OPENAI_CUSTOM_HEADERS'] = 'x-operators-own: secret';
    process.env['OPENAI_ORG_ID'] = 'org-operators';
    await ask();
    expect(Object.keys(asked[0]?.body ?? {}).sort()).toEqual(['messages', 'model', 'stream']);
    expect(JSON.stringify(asked[0]?.headers)).not.toMatch(/operators-own: |org-operators|x-stainless|x-operators/);
  });

  it('needs no key where the endpoint wants none', async () => {
    await ask({ operator: { baseUrl: baseUrl(), model: 'tiny' } });
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  it.each<[string, unknown, { text: string; total: number }]>([
    ['no text', completion(null), { text: '', total: 12 }],
    ['half a surrogate pair', completion('a\ud800b'), { text: 'a\ufffdb', total: 12 }],
    ['no count of tokens', completion('12345678', { usage: undefined }), { text: '12345678', total: 7 }],
    [
      'nonsense for a count',
      completion('1234', { usage: { prompt_tokens: -1, completion_tokens: 1e99, total_tokens: 'many' } }),
      { text: '1234', total: 6 },
    ],
  ])('takes an answer with %s', async (_what, body, { text, total }) => {
    answer = (_asked, response) => json(response, 200, body);
    expect(await ask()).toMatchObject({ text, usage: { total_tokens: total } });
  });
});

describe('whose endpoint, key and model', () => {
  const operator = { baseUrl: 'https://op.test/v1', apiKey: 'op-key', model: 'op-model' };
  const own = settings;

  it.each<[Record<string, string>, object]>([
    [
      {},
      { baseUrl: 'https://op.test/v1', apiKey: 'op-key', model: 'op-model', isTenantUrl: false, isOperatorKey: true },
    ],
    [{ LLM_MODEL: 'm' }, { baseUrl: 'https://op.test/v1', apiKey: 'op-key', model: 'm', isOperatorKey: true }],
    [{ LLM_API_KEY: 'k' }, { baseUrl: 'https://op.test/v1', apiKey: 'k', model: 'op-model', isOperatorKey: false }],
    [
      { LLM_BASE_URL: 'https://own.test/v1', LLM_API_KEY: 'k' },
      { baseUrl: 'https://own.test/v1', apiKey: 'k', isTenantUrl: true, isOperatorKey: false },
    ],
    [
      { LLM_BASE_URL: 'https://own.test/v1' },
      { baseUrl: 'https://own.test/v1', apiKey: undefined, isTenantUrl: true, isOperatorKey: false },
    ],
  ])('with the tenant’s %j', (settings, expected) => {
    expect(chooseEndpoint(operator, own(settings), undefined)).toMatchObject(expected);
  });

  it('is the call’s model before every other, and OpenAI’s own endpoint where only a key is set', () => {
    expect(chooseEndpoint(operator, own({ LLM_MODEL: 'm' }), 'asked').model).toBe('asked');
    expect(chooseEndpoint({}, own({ LLM_API_KEY: 'k', LLM_MODEL: 'm' }), undefined).baseUrl).toBe(
      'https://api.openai.com/v1',
    );
  });

  it('keeps a secret that is bound to hosts away from every other', () => {
    expect(() =>
      chooseEndpoint(
        {},
        own(
          { LLM_API_KEY: 'k', LLM_MODEL: 'm', LLM_BASE_URL: 'https://evil.test/v1' },
          { LLM_API_KEY: ['api.good.test'] },
        ),
        undefined,
      ),
    ).toThrow(
      expect.objectContaining({ code: 'LLM_NOT_CONFIGURED', detail: expect.stringContaining('api.good.test') }),
    );
    expect(
      chooseEndpoint(
        {},
        own(
          { LLM_API_KEY: 'k', LLM_MODEL: 'm', LLM_BASE_URL: 'https://api.good.test/v1' },
          { LLM_API_KEY: ['*.good.test'] },
        ),
        undefined,
      ).apiKey,
    ).toBe('k');
  });

  it.each<[Record<string, string>]>([
    [{}],
    [{ LLM_MODEL: 'm' }],
    [{ LLM_API_KEY: 'k' }],
    [{ LLM_BASE_URL: 'not a url', LLM_MODEL: 'm' }],
    [{ LLM_BASE_URL: 'file:///etc/passwd', LLM_MODEL: 'm' }],
    [{ LLM_BASE_URL: 'https://u:p@own.test', LLM_MODEL: 'm' }],
    [{ LLM_API_KEY: 'two\nlines', LLM_MODEL: 'm' }],
  ])('is not known from %j alone', (settings) => {
    expect(() => chooseEndpoint({}, own(settings), undefined)).toThrow(
      expect.objectContaining({ code: 'LLM_NOT_CONFIGURED' }),
    );
  });

  it('of a tenant never is inside the operator’s network, not even where the operator’s own endpoint is', async () => {
    for (const url of [
      baseUrl(),
      'http://localhost:9/v1',
      'http://169.254.169.254/latest',
      'http://[::1]:1/v1',
      'http://2130706433/v1',
    ]) {
      expect(await failure({ tenant: { LLM_BASE_URL: url } })).toMatchObject({ code: 'LLM_NOT_CONFIGURED' });
    }
    expect(asked).toEqual([]);
  });

  it('of a tenant is reached where the operator opened the address, without the operator’s key', async () => {
    const egress = createEgress({ allowPrivate: [`127.0.0.1:${port}`] });
    await ask({ tenant: { LLM_BASE_URL: baseUrl(), LLM_MODEL: 'theirs' }, egress });
    await ask({ tenant: { LLM_BASE_URL: baseUrl(), LLM_API_KEY: 'their-key' }, egress });
    expect(asked.map(({ headers, body }) => [headers.authorization, body['model']])).toEqual([
      [undefined, 'theirs'],
      ['Bearer their-key', 'tiny'],
    ]);
  });

  it('never follows a redirect, which would carry the key away', async () => {
    answer = (_asked, response) => json(response, 302, {}, { location: `http://127.0.0.1:${port}/elsewhere` });
    expect(await failure()).toMatchObject({ code: 'LLM_NOT_CONFIGURED' });
    expect(asked).toHaveLength(1);
  });
});

describe('a failure', () => {
  it.each<[number, Record<string, string>, string, string, number]>([
    [401, {}, 'LLM_UNAUTHORIZED', 'policy', 1],
    [403, {}, 'LLM_UNAUTHORIZED', 'policy', 1],
    [429, { 'retry-after': '17' }, 'RATE_LIMITED', 'limit', 1],
    [400, {}, 'LLM_REFUSED', 'plugin', 1],
    [404, {}, 'LLM_REFUSED', 'plugin', 1],
    [500, { 'retry-after': '3600' }, 'LLM_UNAVAILABLE', 'platform', 2],
    [503, {}, 'LLM_UNAVAILABLE', 'platform', 2],
  ])('with status %i is named, and tried again only if it may pass', async (status, headers, code, fault, calls) => {
    answer = (_asked, response) =>
      json(response, status, { error: { message: `no, not with ${key}`, type: 'x', code: 'y' } }, headers);
    const error = await failure();
    expect(error).toMatchObject({ code, kind: { fault } });
    expect(asked).toHaveLength(calls);
    expect(error.detail).not.toContain(key);
    if (status === 429)
      expect(error).toMatchObject({ retryAfterS: 17, detail: expect.stringContaining('17 s') as string });
  });

  it('that passes is not noticed', async () => {
    answer = (_asked, response) =>
      asked.length === 1 ? json(response, 502, {}) : json(response, 200, completion('at last'));
    expect((await ask()).text).toBe('at last');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['no answer', (response) => void response.destroy()],
    [
      'a page of HTML',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>hello</h1>'),
    ],
    ['JSON of something else', (response) => json(response, 200, { hello: 'world' })],
    [
      'choices of something else',
      (response) => json(response, 200, { choices: [{ message: { content: { not: 'text' } } }] }),
    ],
    [
      'broken JSON',
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":['),
    ],
    ['nothing', (response) => void response.writeHead(204).end()],
  ])('is the endpoint’s when it sends %s', async (_what, send) => {
    answer = (_asked, response) => send(response);
    expect(await failure()).toMatchObject({ code: 'LLM_UNAVAILABLE' });
  });

  it('of a tenant’s own endpoint is not the platform’s', async () => {
    answer = (_asked, response) => json(response, 500, {});
    expect(
      await failure({
        tenant: { LLM_BASE_URL: baseUrl() },
        egress: createEgress({ allowPrivate: [`127.0.0.1:${port}`] }),
      }),
    ).toMatchObject({ code: 'LLM_UNAVAILABLE', kind: { fault: 'plugin' } });
  });

  it('is named when the answer does not come in time, and when nobody waits for it any more', async () => {
    const reached = Promise.withResolvers<undefined>();
    answer = () => reached.resolve(undefined);
    expect(await failure({}, { deadlineMs: Date.now() + 150 })).toMatchObject({
      code: 'LLM_UNAVAILABLE',
      detail: expect.stringContaining('in time') as string,
    });
    const leaving = new AbortController();
    const given = failure({}, { signal: leaving.signal });
    await reached.promise;
    leaving.abort();
    expect(await given).toMatchObject({ code: 'LLM_CANCELLED' });
    expect(await failure({}, { signal: AbortSignal.abort() })).toMatchObject({ code: 'LLM_CANCELLED' });
  });

  it('is named when the answer is too large', async () => {
    answer = (_asked, response) => json(response, 200, completion('x'.repeat(1024 * 1024)));
    expect(await failure()).toMatchObject({ code: 'RESULT_TOO_LARGE' });
  });

  it('shows no key, nor does an answer that holds it', async () => {
    answer = ({ headers }, response) => json(response, 200, completion(`you sent ${String(headers.authorization)}`));
    expect((await ask()).text).not.toContain(key);
    answer = ({ headers }, response) =>
      json(response, 400, { error: { message: Buffer.from(String(headers.authorization)).toString('base64') } });
    const error = await failure();
    expect(error.detail).not.toContain(Buffer.from(key).toString('base64').slice(0, 20));
  });
});

describe('the tokens of a day', () => {
  it('are capped for a tenant, whoever calls and however many call at once', async () => {
    const capped = { dailyTokens: 30 };
    expect((await ask(capped)).usage.total_tokens).toBe(12);
    expect((await ask(capped)).usage.total_tokens).toBe(12);
    // 6 are left: one call may begin with them, and uses 12.
    expect((await ask(capped)).usage.total_tokens).toBe(12);
    const error = await failure(capped);
    expect(error).toMatchObject({
      code: 'RATE_LIMITED',
      detail: expect.stringContaining('ANNEX_LLM_DAILY_TOKENS') as string,
    });
    expect(error.retryAfterS).toBeGreaterThan(0);
    expect(asked).toHaveLength(3);
    const other = (await db.makeTenant()).id;
    expect((await ask(capped, { tenantId: other })).text).toBe('hello');
  });

  it('cannot be passed by calls at once', async () => {
    const waiting: (() => void)[] = [];
    answer = (_asked, response) => void waiting.push(() => json(response, 200, completion('hello')));
    const first = ask({ dailyTokens: 1_000 }, { maxTokens: 2_000 });
    await expect.poll(() => waiting.length).toBe(1);
    expect(await failure({ dailyTokens: 1_000 })).toMatchObject({ code: 'RATE_LIMITED' });
    waiting[0]?.();
    await first;
    answer = (_asked, response) => json(response, 200, completion('hello'));
    expect((await ask({ dailyTokens: 1_000 })).text).toBe('hello');
  });

  it('are given back by a call that failed, and not counted on a tenant’s own key', async () => {
    answer = (_asked, response) => json(response, 400, {});
    for (let times = 0; times < 3; times += 1)
      expect(await failure({ dailyTokens: 10 })).toMatchObject({ code: 'LLM_REFUSED' });
    answer = (_asked, response) => json(response, 200, completion('hello'));
    for (let times = 0; times < 3; times += 1) await ask({ dailyTokens: 1, tenant: { LLM_API_KEY: 'their-key' } });
    expect((await ask({ dailyTokens: 10 })).text).toBe('hello');
  });
});
