/**
 * What stands at the edge of HTTP, before any endpoint: bodies, methods, hosts, forms of a request, and that a refusal
 * always arrives.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';

let annex: TestAnnex;
let tenant: TestTenant;
const code = `
  import { job, route } from '@annex/sdk'
  route('/where', { auth: 'public', methods: ['GET', 'POST'] }, (ctx) => ({ path: new URL(ctx.request.url).pathname }))
  job('quick', () => 'done')
`;

beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  expect(
    (
      await tenant.install({
        manifest: { slug: 'edge', routes: true, jobs: [{ name: 'quick', schedule: '@yearly' }] },
        code,
      })
    ).status,
  ).toBe(200);
});
afterAll(() => annex.stop());

const json = { 'content-type': 'application/json' };

describe('a body', () => {
  it.each([
    ['/api/events', 1048576],
    ['/api/data/things', 1048576],
    [`/hooks/nobody/nothing`, 0],
    ['/ext/edge/where', 1048576],
  ])('that is far too large is told so, not cut off: POST %s', async (path, limit) => {
    const body = `"${'x'.repeat(12_000_000)}"`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => tenant.owner.request('POST', path, { raw: body, headers: json })),
    );
    for (const answer of answers) {
      // Where nobody receives anything, that is said first.
      if (limit === 0) expect(answer).toMatchObject({ status: 404, body: { code: 'HOOK_NOT_FOUND' } });
      else
        expect(answer).toMatchObject({
          status: 413,
          body: { code: 'PAYLOAD_TOO_LARGE', detail: expect.stringContaining(`${limit} bytes`) },
        });
    }
  });

  it.each([
    ['{', json, 400, 'INVALID_JSON', /not valid JSON: /],
    [Buffer.from([0x22, 0xff, 0x22]), json, 400, 'INVALID_JSON', /not UTF-8/],
    ['{"type":"a.b","data":{"__proto__":{"admin":true}}}', json, 422, 'INVALID_INPUT', /"__proto__"/],
    ['{"type":"a.b","data":{"_\\u005fproto__":{"admin":true}}}', json, 422, 'INVALID_INPUT', /"__proto__"/],
    ['{"type":"a.b","data":{"constructor":{"prototype":{}}}}', json, 422, 'INVALID_INPUT', /"constructor"/],
    ['{}', { ...json, 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE', /Content-Encoding gzip/],
    ['type=a.b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE', /not a form/],
    ['hello', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE', /application\/json/],
  ])('that cannot be read is told why: %s', async (raw, headers, status, problem, detail) => {
    expect(
      await tenant.owner.request('POST', '/api/events', { raw, headers: headers as Record<string, string> }),
    ).toMatchObject({ status, body: { status, code: problem, detail: expect.stringMatching(detail) } });
  });

  it.each([
    '{"type":"edge.read","data":{"constructor":"Acme","prototype":1}}',
    '\ufeff{"type":"edge.read"}',
    '{"type":"edge.read","data":"\\u00e9\\u0000"}',
  ])('that is sound is taken: %j', async (raw) => {
    expect((await tenant.owner.request('POST', '/api/events', { raw, headers: json })).status).toBe(202);
  });

  it('may be left out although its type is named', async () => {
    expect(
      (await tenant.owner.request('POST', '/api/plugins/edge/jobs/quick/run-now?wait=20', { headers: json })).status,
    ).toBe(200);
  });
});

describe('a parameter', () => {
  it('that its endpoint does not know is refused, with the one that was meant', async () => {
    expect(await tenant.owner.get('/api/runs?pluggin=edge&limit=5')).toMatchObject({
      status: 422,
      body: {
        code: 'INVALID_INPUT',
        errors: [
          { pointer: '/pluggin', code: 'UNKNOWN_PARAMETER', detail: expect.stringContaining('Did you mean "plugin"?') },
        ],
      },
    });
    expect((await tenant.owner.get('/api/users?name=ada')).body.detail).toContain('It takes limit, cursor.');
    expect((await tenant.owner.get('/api/plugins/edge?a=2')).body.detail).toContain('It takes none.');
    expect(await tenant.owner.post('/api/plugins/edge/jobs/quick/run-now?wiat=20', {})).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/wiat' }] },
    });
  });

  it('is taken by every endpoint that OpenAPI gives it, and no other is: one list for both', async () => {
    const { body: document } = await tenant.owner.get('/openapi.json');
    const lists = Object.entries(
      document.paths as Record<
        string,
        Record<string, { security?: unknown[]; parameters?: { in: string; name: string }[] }>
      >,
    ).filter(([path, { get }]) => get?.security?.length && path.startsWith('/api/') && !path.includes('stream'));
    expect(lists.length).toBeGreaterThan(20);
    for (const [path, { get }] of lists) {
      const url = path.replace(/{[^}]*}/g, 'edge');
      const known = (get?.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      const ask = async (name: string): Promise<string[]> =>
        ((await annex.operator.get(`${url}?${name}=1`, { 'x-tenant-slug': tenant.slug })).body.errors ?? []).map(
          ({ code }: { code: string }) => code,
        );
      expect(await ask('no_such_parameter'), path).toEqual(['UNKNOWN_PARAMETER']);
      for (const name of known) expect(await ask(name), `${path}?${name}`).not.toContain('UNKNOWN_PARAMETER');
    }
  });

  it('to probes and to links may be anything', async () => {
    expect((await tenant.owner.get('/healthz?probe=1')).status).toBe(200);
  });
});

describe('a request', () => {
  it('with a method that its path does not take is told which it takes', async () => {
    const answer = await tenant.owner.request('PATCH', '/api/events');
    expect(answer).toMatchObject({ status: 405, body: { status: 405, code: 'METHOD_NOT_ALLOWED' } });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await tenant.owner.request('PUT', '/api/plugins/edge/enable')).headers.get('allow')).toBe('POST');
    expect((await tenant.owner.get('/hooks/some/source')).status).toBe(405);
    expect((await tenant.owner.get('/api/nothing')).status).toBe(404);
  });

  it('for a host that is none is refused before a plugin reads it in its URL', async () => {
    const path = `${annex.url}/t/${tenant.slug}/ext/edge/where`;
    expect(await rawRequest(path, { headers: { host: 'evil"<x>' } })).toMatchObject({ status: 400 });
    expect(await rawRequest(path, { headers: { host: '[::1]:3000' } })).toMatchObject({ status: 200 });
  });

  it('may name scheme and host in its target', async () => {
    const { hostname, port } = new URL(annex.url);
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: `http://example.com/t/${tenant.slug}/ext/edge/where` }, (response) =>
        resolve(response.resume().statusCode),
      )
        .once('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });
});

describe('an upload with an Idempotency-Key', () => {
  it('answers the same again, another package under that key is refused', async () => {
    const upload = async (
      version: string,
    ): Promise<{ status: number; body: { id: string; code?: string }; replayed: string | null }> => {
      const form = new FormData();
      form.append(
        'file',
        new Blob([new Uint8Array(packPlugin({ manifest: { slug: 'once', version }, code: '' }))]),
        'once.zip',
      );
      const response = await fetch(`${annex.url}/api/plugins/upload`, {
        method: 'POST',
        body: form,
        headers: {
          authorization: `Bearer ${tenant.owner.token}`,
          'x-tenant-slug': tenant.slug,
          'idempotency-key': 'once',
        },
      });
      return {
        status: response.status,
        body: (await response.json()) as { id: string },
        replayed: response.headers.get('idempotent-replayed'),
      };
    };
    const first = await upload('1.0.0');
    expect(first).toMatchObject({ status: 201, replayed: null });
    expect(await upload('1.0.0')).toEqual({ ...first, replayed: 'true' });
    expect(await upload('1.0.1')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_MISMATCH' } });
  });
});

it('what REST answers is kept in no cache', async () => {
  for (const path of ['/api/auth/me', '/api/plugins/', '/api/nothing'])
    expect((await tenant.owner.get(path)).headers.get('cache-control'), path).toBe('no-store');
});

it('every answer is counted by its door, and totals are counters', async () => {
  const read = async (): Promise<string> => (await annex.operator.get('/metrics')).body as string;
  const count = (text: string): number =>
    Number(/^annex_http_requests_total\{door="ext",method="GET",status="404"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  const before = count(await read());
  expect((await tenant.owner.get('/ext/edge/nothing')).status).toBe(404);
  const text = await until(read, (now) => count(now) === before + 1);
  expect(text).toMatch(/^annex_http_request_seconds_bucket\{le="\+Inf",door="rest"\} \d+$/m);
  for (const [, name, type] of text.matchAll(/^# TYPE (annex_\S+) (\w+)$/gm))
    expect([name, type], name).toEqual([
      name,
      name?.endsWith('_total') ? 'counter' : expect.stringMatching(/gauge|histogram/),
    ]);
  expect(text).not.toContain(tenant.slug);
});

describe('a refusal', () => {
  it('has the status of its answer, whatever else it tells', async () => {
    const run = await tenant.owner.post('/api/plugins/edge/jobs/quick/run-now?wait=20', {});
    expect(await tenant.owner.post(`/api/runs/${run.body.id as string}/cancel`)).toMatchObject({
      status: 409,
      body: { status: 409, code: 'RUN_ENDED', run_status: 'succeeded' },
    });
  });

  it.each([
    [
      'a manifest',
      {
        manifest: {
          slug: 'poison',
          config: { type: 'object', properties: { a: { type: 'string', default: 'a\0b' } } },
        },
        code: '',
      },
    ],
    ['a name', { manifest: { slug: 'poison', name: 'a\ud800b' }, code: '' }],
    [
      'a webhook',
      {
        manifest: { slug: 'poison' },
        code: '',
        files: {
          'webhooks/a.yaml': 'api_version: v1\ndescription: "a\\0b"\ndelivery: { url: "https://example.com/" }\n',
        },
      },
    ],
  ])('meets %s whose texts cannot be kept, and its neighbours stay sound', async (_what, files) => {
    expect(await tenant.owner.upload(packPlugin(files))).toMatchObject({
      status: 422,
      body: { code: 'PACKAGE_INVALID' },
    });
    expect(
      (await tenant.owner.upload(packPlugin({ manifest: { slug: 'neighbour' }, code: '' }), { enable: 'true' })).status,
    ).toBeLessThan(300);
    expect((await tenant.owner.delete('/api/plugins/neighbour')).status).toBe(204);
  });

  it('meets a schedule and a description that cannot be', async () => {
    expect(await tenant.owner.patch('/api/plugins/edge/jobs/quick', { schedule: '' })).toMatchObject({
      status: 422,
      body: { code: 'SCHEDULE_INVALID', errors: [{ pointer: '/schedule' }] },
    });
    expect(
      await tenant.owner.post('/api/webhooks', {
        name: 'w',
        url: 'https://example.com/',
        events: ['a.b'],
        description: 'a\0b',
      }),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/description' }] } });
  });
});

it('a delivery from outside has an id like every event', async () => {
  expect((await tenant.owner.put('/api/hooks/shop', { preset: 'none' })).status).toBe(201);
  const { body } = await tenant.owner.request('POST', `/hooks/${tenant.slug}/shop`, {
    raw: '{}',
    headers: { ...json, 'webhook-id': 'one' },
  });
  expect(body.event_id).toMatch(/^evt_[0-9a-hjkmnp-tv-z]{26}$/);
});
