import { describe, expect, it } from 'vitest';
import { AnnexProblem, createAnnex, retrying, type AnnexOptions } from './index.js';

/** A client whose requests end here: each is kept, and answered by the next of the answers, the last one for ever. */
function clientOf(answers: (Response | Error)[], options: Partial<AnnexOptions> = {}) {
  const sent: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    sent.push(request.clone());
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer?.clone() ?? new Response();
  };
  return { sent, annex: createAnnex({ url: 'https://annex.test/', token: 't', tenant: 'acme', fetch, ...options }) };
}

const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Response =>
  Response.json(
    { type: 'about:blank', title: 'Title', status, code, detail: 'What to do.', request_id: 'req_1', ...more },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );
const stream = (text: string): Response => new Response(text, { headers: { 'content-type': 'text/event-stream' } });

describe('a call', () => {
  it('is a request with path, query, body, token and tenant, and gives the JSON', async () => {
    const { annex, sent } = clientOf([Response.json({ run_id: 'run_1', status: 'queued' }, { status: 202 })]);
    const started = await annex.runJob({
      path: { id: 'a/b', name: 'tidy up' },
      query: { wait: 5 },
      body: { payload: { n: 1 } },
      idempotencyKey: 'k',
      headers: { 'x-more': '1' },
    });
    expect(started).toEqual({ run_id: 'run_1', status: 'queued' });
    expect(sent[0]?.method).toBe('POST');
    expect(sent[0]?.url).toBe('https://annex.test/api/plugins/a%2Fb/jobs/tidy%20up/run-now?wait=5');
    expect(await sent[0]?.json()).toEqual({ payload: { n: 1 } });
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject({
      authorization: 'Bearer t',
      'x-tenant-slug': 'acme',
      'idempotency-key': 'k',
      'x-more': '1',
      'content-type': 'application/json',
    });
  });

  it('asks for its token anew each time, and may be in another tenant', async () => {
    let asked = 0;
    const { annex, sent } = clientOf([Response.json({})], { token: () => `t${(asked += 1)}` });
    await annex.getMe();
    await annex.getRun({ path: { id: 'run_1' }, tenant: 'other' });
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer t1', 'Bearer t2']);
    expect(sent[1]?.headers.get('x-tenant-slug')).toBe('other');
  });

  it('gives nothing where there is nothing, and the response of bytes', async () => {
    const none = clientOf([new Response(null, { status: 204 })]);
    expect(await none.annex.deleteUser({ path: { id: 'usr_1' } })).toBeUndefined();
    const { annex, sent } = clientOf([new Response('bytes', { headers: { 'content-type': 'text/csv' } })]);
    expect(await (await annex.getFile({ path: { path: 'a b/ü.csv' } })).text()).toBe('bytes');
    expect(sent[0]?.url).toBe('https://annex.test/api/files/a%20b/%C3%BC.csv');
  });

  it('sends bytes as they are and packages as a form', async () => {
    const { annex, sent } = clientOf([Response.json({})]);
    await annex.putFile({ path: { path: 'a.csv' }, body: 'a,b', headers: { 'content-type': 'text/csv' } });
    expect([await sent[0]?.text(), sent[0]?.headers.get('content-type')]).toEqual(['a,b', 'text/csv']);
    await annex.uploadPlugin({ body: { file: new Blob(['PK']), enable: 'true' } });
    const form = await sent[1]?.formData();
    expect(form?.get('enable')).toBe('true');
    expect(await (form?.get('file') as File).text()).toBe('PK');
  });

  it('to a plugin’s route gives whatever it answers', async () => {
    const { annex, sent } = clientOf([problem(422, 'PLUGIN_ERROR')]);
    const answer = await annex.callPlugin('hello', '/world?x=1', { method: 'POST', body: 'hi' });
    expect([answer.status, sent[0]?.url, sent[0]?.method]).toEqual([
      422,
      'https://annex.test/ext/hello/world?x=1',
      'POST',
    ]);
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer t');
  });
});

describe('a refusal', () => {
  it('is thrown as a problem, with everything that the server told', async () => {
    const errors = [{ pointer: '/email', code: 'REQUIRED', detail: 'is required' }];
    const { annex } = clientOf([problem(422, 'INVALID_INPUT', { errors, limit: 3 })]);
    const thrown: unknown = await annex
      .createUser({ body: { email: '', role: 'viewer' } })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(AnnexProblem);
    expect(thrown).toMatchObject({
      name: 'AnnexProblem',
      message: 'What to do.',
      status: 422,
      code: 'INVALID_INPUT',
      title: 'Title',
      detail: 'What to do.',
      errors,
      requestId: 'req_1',
      problem: { limit: 3 },
    });
  });

  it('by something that is not Annex is a problem too', async () => {
    const page = new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'retry-after': '3' } });
    const thrown: unknown = await clientOf([page])
      .annex.getMe()
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'HTTP_502', errors: [], requestId: null, retryAfterMs: 3000 });
  });

  it('is no throw of the client below', async () => {
    const { data, error, response } = await clientOf([problem(404, 'RUN_NOT_FOUND')]).annex.http.GET('/api/runs/{id}', {
      params: { path: { id: 'run_1' } },
    });
    expect([data, error?.code, response.status]).toEqual([undefined, 'RUN_NOT_FOUND', 404]);
  });
});

describe('a list', () => {
  it('is read item by item, a page when one is needed', async () => {
    const page = (ids: string[], next_cursor: string | null): Response =>
      Response.json({ items: ids.map((id) => ({ id })), next_cursor });
    const { annex, sent } = clientOf([page(['run_1', 'run_2'], 'c2'), page([], 'c3'), page(['run_3'], null)]);
    const ids: string[] = [];
    for await (const run of annex.each('listRuns', { query: { plugin: 'hello', limit: 2 } })) {
      ids.push(run.id);
      if (ids.length === 1) expect(sent).toHaveLength(1);
    }
    expect(ids).toEqual(['run_1', 'run_2', 'run_3']);
    expect(sent.map(({ url }) => new URL(url).search)).toEqual([
      '?plugin=hello&limit=2',
      '?plugin=hello&limit=2&cursor=c2',
      '?plugin=hello&limit=2&cursor=c3',
    ]);
  });
});

describe('a stream', () => {
  const line = (id: number): string => `id: ${id}\ndata: ${JSON.stringify({ message: `m${id}` })}\n\n`;

  it('goes on behind its last event when the connection ends, until nobody wants it', async () => {
    const leave = new AbortController();
    const { annex, sent } = clientOf([
      stream(`retry: 1\n: hello\n\n${line(1)}${line(2)}`),
      new TypeError('fetch failed'),
      problem(503, 'OVERLOADED'),
      stream(line(3)),
    ]);
    const messages: string[] = [];
    for await (const { message } of annex.follow('streamPluginLogs', { path: { id: 'hello' }, signal: leave.signal })) {
      messages.push(message);
      if (messages.length === 3) leave.abort();
    }
    expect(messages).toEqual(['m1', 'm2', 'm3']);
    expect(sent.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '2', '2', '2']);
  });

  it('that is refused throws', async () => {
    const { annex } = clientOf([problem(403, 'FORBIDDEN')]);
    await expect(annex.follow('streamPluginLogs', { path: { id: 'hello' } }).next()).rejects.toMatchObject({
      status: 403,
    });
  });
});

describe('retrying', () => {
  it('sends the same key until it is answered', async () => {
    const { annex, sent } = clientOf([
      new TypeError('fetch failed'),
      problem(503, 'OVERLOADED', {}, { 'retry-after': '0' }),
      problem(409, 'IDEMPOTENCY_IN_FLIGHT', {}, { 'retry-after': '0' }),
      Response.json({ event_id: 'evt_1' }, { status: 202 }),
    ]);
    const emit = (more: object) => annex.sendEvent({ body: { type: 'order.paid' }, ...more });
    expect(await retrying(emit, { delayMs: 1 })).toEqual({ event_id: 'evt_1' });
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[\w-]{36}$/);
  });

  it('gives up after its tries, and at once where trying again does not help', async () => {
    const busy = clientOf([problem(503, 'OVERLOADED')]);
    await expect(retrying(() => busy.annex.getMe(), { attempts: 2, delayMs: 1 })).rejects.toMatchObject({
      status: 503,
    });
    expect(busy.sent).toHaveLength(2);
    const refused = clientOf([problem(409, 'EMAIL_TAKEN')]);
    await expect(retrying(() => refused.annex.getMe(), { delayMs: 1 })).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
    expect(refused.sent).toHaveLength(1);
  });
});
