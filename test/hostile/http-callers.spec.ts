/**
 * Hostile callers: whatever they send to whatever endpoint, the answer is one of ours, nothing is 500, and the server
 * goes on.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  const installed = await tenant.install({
    manifest: {
      routes: true,
      events: ['a.*'],
      jobs: [{ name: 'tidy', schedule: '@daily' }],
      secrets: ['KEY'],
      config: { type: 'object' },
    },
    code: pluginCode('callers-plugin'),
  });
  expect(installed.status).toBe(200);
});
afterAll(() => annex.stop());

const words = [
  '%00',
  'a%00b',
  '%ff%fe',
  '%c0%ae%c0%ae',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  "'%20or%201=1--",
  '%22;drop%20table%20users;--',
  '__proto__',
  'constructor',
  'toString',
  '%F0%9F%92%A9',
  '%E2%80%AE',
  'null',
  'undefined',
  '-1',
  '0',
  '9'.repeat(30),
  `plg_${'0'.repeat(26)}`,
  `plg_${'z'.repeat(26)}`,
  'run_',
  'usr_%F0%9F%92%A9',
  'x'.repeat(400),
  '%25s%25n',
  '$%7Bjndi:ldap:x%7D',
  '%0d%0aset-cookie:a=b',
  '*',
  '%20',
];
const values: unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e',
  'x'.repeat(100_000),
  [],
  [[]],
  {},
  { a: { b: { c: [] } } },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  ['\u0000'],
  { '\u0000': 1 },
  { $gt: '' },
];

interface Operation {
  method: string;
  path: string;
  parameters: string[];
  fields: string[];
}

async function operations(): Promise<Operation[]> {
  const { body } = await tenant.owner.get('/openapi.json');
  return Object.entries(
    body.paths as Record<
      string,
      Record<
        string,
        {
          parameters?: { in: string; name: string }[];
          requestBody?: { content?: Record<string, { schema?: { properties?: object } }> };
        }
      >
    >,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters: parameters.filter((each) => each.in === 'query').map((each) => each.name),
      fields: Object.keys(requestBody?.content?.['application/json']?.schema?.properties ?? {}),
    })),
  );
}

/** Ids and slugs of things that are there, so that hostile bodies get past the look-up. */
const known: Record<string, string> = { id: 'probe', slug: 'probe', path: 'x', name: 'tidy', release: 'active' };
const namesIn = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
/** A path with a word in the place of some of its parameters, and what is there in the place of the others. */
const fill = (path: string, word?: string, places = namesIn(path)): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) =>
    word !== undefined && places.includes(name) ? word : (known[name] ?? 'x'),
  );
/** Everywhere at once, and one place after the other: what comes first may hide what comes behind it. */
function hostilePaths(path: string, word: string): string[] {
  // A client takes `..` out itself, and what is left is the address of the thing above.
  const places = word === '%2e%2e' ? [] : namesIn(path);
  return [...new Set([fill(path, word), ...places.map((place) => fill(path, word, [place]))])];
}

function expectOurs(answer: { status: number; body: unknown; headers: Headers }, what: string): void {
  // This Annex has no mail server, and says so to whoever asks for a mail.
  const sendsNoMail = answer.status === 503 && (answer.body as { code?: string }).code === 'MAIL_NOT_SET_UP';
  const said = `${what} → ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`;
  if (!sendsNoMail) expect(answer.status, said).toBeLessThan(500);
  if (answer.status < 400) return;
  expect(answer.headers.get('content-type'), what).toMatch(/^application\/problem\+json/);
  expect(answer.body, what).toMatchObject({
    code: expect.stringMatching(/^[A-Z_]+$/),
    detail: expect.any(String),
    request_id: expect.stringMatching(/^req_/),
  });
  expect(JSON.stringify(answer.body), what).not.toMatch(
    /\.[cm]?[jt]s:\d+:\d+|node_modules|SELECT |insert into|QueryFailed|invalid input syntax|relation "/i,
  );
}

/** Not called with hostile bodies: they would end the tenant or the plugin that the others need. */
const ending = new Set(['DELETE', 'POST /api/plugins/{id}/disable', 'POST /api/plugins/{id}/jobs/{name}/run-now']);
const ends = ({ method, path }: Operation): boolean => ending.has(method) || ending.has(`${method} ${path}`);

describe('no endpoint fails inside, whatever it is sent', () => {
  it('in its path', async () => {
    const all = (await operations()).filter(({ path }) => path.includes('{'));
    expect(all.length).toBeGreaterThan(30);
    for (const operation of all) {
      await Promise.all(
        words
          .flatMap((word) => hostilePaths(operation.path, word))
          .map(async (target) => {
            const path = target.includes('/stream') ? `${target.replace('/stream', '')}` : target;
            expectOurs(
              await tenant.owner.request(
                operation.method,
                path,
                ['GET', 'DELETE'].includes(operation.method) ? {} : { body: {} },
              ),
              `${operation.method} ${path}`,
            );
          }),
      );
    }
  });

  it('in its query', async () => {
    const all = (await operations()).filter(
      ({ method, parameters, path }) => method === 'GET' && parameters.length > 0 && !path.endsWith('/stream'),
    );
    expect(all.length).toBeGreaterThan(8);
    for (const operation of all) {
      for (const name of operation.parameters) {
        const queries = [
          ...words.map((word) => `${name}=${word}`),
          `${name}=1&${name}=2`,
          `${name}[a]=1`,
          `${name}[]=1`,
          `${name}`,
        ];
        await Promise.all(
          queries.map(async (query) =>
            expectOurs(await tenant.owner.get(`${fill(operation.path)}?${query}`), `${operation.path}?${query}`),
          ),
        );
      }
    }
  });

  it('in its body', async () => {
    const all = (await operations()).filter(
      (operation) =>
        operation.method !== 'GET' &&
        !ends(operation) &&
        !operation.path.startsWith('/ext') &&
        !operation.path.includes('/auth/login'),
    );
    for (const operation of all) {
      const bodies = [
        ...values,
        ...operation.fields.flatMap((field) => values.map((value) => ({ [field]: value }))),
        Object.fromEntries(operation.fields.map((field) => [field, '\u0000'])),
      ];
      for (const client of [tenant.owner, annex.operator]) {
        await Promise.all(
          bodies.map(async (body) =>
            expectOurs(
              await client.request(operation.method, fill(operation.path, undefined), { body }),
              `${operation.method} ${operation.path} ${JSON.stringify(body).slice(0, 80)}`,
            ),
          ),
        );
      }
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await tenant.owner.get('/ext/probe/x')).status).toBe(200);
  });

  it('in its headers', async () => {
    const headers: Record<string, string>[] = [
      ...[
        '../x',
        "' or 1=1",
        'x'.repeat(5000),
        '__proto__',
        'ü'.normalize('NFD').replace(/[^\x20-\x7e]/g, '?'),
        ',',
        ' ',
      ].map((slug) => ({ 'x-tenant-slug': slug })),
      ...['x'.repeat(300), '\u0001'.replace('\u0001', '\t'), '"', '{}'].map((key) => ({ 'idempotency-key': key })),
      { 'content-type': 'application/json; charset=utf-7' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'multipart/form-data' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': '' },
      { 'content-encoding': 'gzip' },
      { accept: 'x/y' },
      { 'transfer-encoding': 'identity' },
      { range: 'bytes=9-1,-,5' },
      { 'if-none-match': '"'.repeat(500) },
      { 'last-event-id': "1' or 1=1" },
    ];
    for (const extra of headers) {
      for (const [method, path] of [
        ['GET', '/api/plugins'],
        ['POST', '/api/events'],
        ['POST', '/api/plugins/upload'],
        ['POST', '/ext/probe/x'],
      ] as const) {
        const answer = await rawRequest(`${annex.url}${path}`, {
          method,
          headers: { authorization: `Bearer ${tenant.owner.token}`, 'x-tenant-slug': tenant.slug, ...extra },
          ...(method === 'POST' && { body: '{"type":"a.b"}' }),
        });
        expect(
          answer.status,
          `${method} ${path} ${JSON.stringify(extra).slice(0, 80)} ${answer.text.slice(0, 200)}`,
        ).toBeLessThan(500);
      }
    }
  });

  it('in a body that is not text, or nested without end', async () => {
    const raws: [string, BodyInitLike][] = [
      ['application/json', new Uint8Array([0xff, 0xfe, 0x7b, 0x7d])],
      ['application/json', '{"type":"a.b","data":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'],
      ['application/json', '{"a":1,"a":2,"__proto__":1}'],
      ['application/json', ''],
      ['application/json', '"just text"'],
      ['application/json', '\ufeff{}'],
      ['text/plain', 'hello'],
      [
        'multipart/form-data; boundary=x',
        '--x\r\ncontent-disposition: form-data; name="file"; filename="../../x"\r\n\r\nPK\r\n--x--\r\n',
      ],
      [
        'multipart/form-data; boundary=x',
        '--x\r\ncontent-disposition: form-data; name="__proto__"\r\n\r\n1\r\n--x--\r\n',
      ],
      ['multipart/form-data; boundary=x', '--x\r\n'],
    ];
    for (const [type, raw] of raws) {
      for (const path of [
        '/api/events',
        '/api/plugins/upload',
        '/api/plugins/validate',
        '/api/users',
        '/api/plugins/probe/config',
        '/api/auth/login',
      ]) {
        expectOurs(
          await tenant.owner.request('POST', path, { raw, headers: { 'content-type': type } }),
          `${path} ${type} ${String(raw).slice(0, 40)}`,
        );
      }
    }
  });
});

type BodyInitLike = string | Uint8Array<ArrayBuffer>;

describe('a caller who repeats, races or lies', () => {
  it('gets one user, one tenant, one installation out of many requests at once', async () => {
    const own = await annex.makeTenant();
    const slug = `raced-${own.slug}`;
    const archive = packPlugin({
      manifest: { slug: 'raced', routes: true },
      code: `import { route } from '@annex/sdk'; route('/', () => 1)`,
    });
    const tally = async (requests: Promise<Answer>[]): Promise<number[]> =>
      (await Promise.all(requests)).map(({ status }) => status).sort();
    const five = [0, 1, 2, 3, 4];
    expect(
      await tally(five.map(() => own.owner.post('/api/users', { email: 'one@raced.test', role: 'viewer' }))),
    ).toEqual([201, 409, 409, 409, 409]);
    expect(await tally(five.map(() => annex.operator.post('/api/tenants', { slug, name: 'x' })))).toEqual([
      201, 409, 409, 409, 409,
    ]);
    const uploads = await tally(five.map(() => own.owner.upload(archive)));
    expect(uploads.filter((status) => status === 201)).toHaveLength(1);
    expect(uploads.every((status) => [200, 201, 429].includes(status))).toBe(true);
    expect((await own.owner.get('/api/plugins/raced/releases')).body.items).toHaveLength(1);
  });

  it('gets the first answer again for the same Idempotency-Key, and no second effect', async () => {
    const own = await annex.makeTenant();
    const key = { 'idempotency-key': 'add-ada' };
    const body = { email: 'ada@idempotent.test', role: 'viewer' };
    const first = await own.owner.post('/api/users', body, key);
    const second = await own.owner.post('/api/users', body, key);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await own.owner.post('/api/users', { ...body, role: 'member' }, key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    const racing = await Promise.all(
      [0, 1, 2].map(() => own.owner.post('/api/events', { type: 'a.b' }, { 'idempotency-key': 'race' })),
    );
    expect(new Set(racing.filter(({ status }) => status === 202).map(({ body: event }) => event.event_id)).size).toBe(
      1,
    );
    expect(racing.every(({ status }) => status === 202 || status === 409)).toBe(true);
    expect((await own.owner.get('/api/events?type=a.b')).body.items).toHaveLength(1);
    // Another person's key is another key.
    expect(
      (await (await own.as('admin')).post('/api/users', { email: 'bob@idempotent.test', role: 'viewer' }, key)).status,
    ).toBe(201);
  });

  it('is refused after ten wrong passwords, without locking others out', async () => {
    const own = await annex.makeTenant();
    const email = `${createHash('sha256').update(own.slug).digest('hex').slice(0, 12)}@guessed.test`;
    await own.owner.post('/api/users', { email, password: 'the right password', role: 'viewer' });
    const guesses = await Promise.all(
      Array.from({ length: 14 }, () => own.owner.post('/api/auth/login', { email, password: 'a wrong password' })),
    );
    const statuses = guesses.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    const refused = guesses.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ body: { code: 'RATE_LIMITED' } });
    expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(
      (await own.owner.post('/api/auth/login', { email: 'somebody@else.test', password: 'a wrong password' })).status,
    ).toBe(401);
  });

  it('cannot use a cursor of its own making, or of another list', async () => {
    const own = await annex.makeTenant();
    for (const path of [
      '/api/plugins',
      '/api/runs',
      '/api/events',
      '/api/users',
      '/api/tokens',
      '/api/audit',
      '/api/dead-letters',
    ]) {
      for (const cursor of [
        'x',
        Buffer.from('{"a":1}').toString('base64url'),
        `run_${'0'.repeat(26)}`,
        '%00',
        '../..',
      ]) {
        const answer = await own.owner.get(`${path}?cursor=${cursor}`);
        expectOurs(answer, `${path}?cursor=${cursor}`);
        if (answer.status < 300) expect(answer.body).toMatchObject({ items: expect.any(Array) });
      }
      for (const limit of ['0', '-1', '1e9', '1.5', 'all', ''])
        expect((await own.owner.get(`${path}?limit=${limit}`)).status, `${path}?limit=${limit}`).toBe(422);
    }
  });
});
