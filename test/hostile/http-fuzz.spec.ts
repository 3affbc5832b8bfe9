/**
 * Requests made up from the API's own description: every endpoint, values that no program would send. No answer is a
 * 5xx, and each refusal is a problem. `ANNEX_FUZZ_REQUESTS` asks for more than the few of the suite, `ANNEX_FUZZ_SEED`
 * for others.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';
import { pluginCode } from '../support/plugin-code.js';

const requests = Number(process.env['ANNEX_FUZZ_REQUESTS'] ?? 400);
const seed = Number(process.env['ANNEX_FUZZ_SEED'] ?? 8);
/** Requests under way at once. */
const atOnce = 8;

let annex: TestAnnex;
let tenant: TestTenant;
let clients: Client[];
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
    code: pluginCode('fuzzed'),
  });
  expect(installed.status).toBe(200);
  await tenant.owner.put('/api/hooks/open', { preset: 'none' });
  clients = [tenant.owner, await tenant.as('viewer'), annex.operator];
});
afterAll(() => annex.stop());

/** These would end what the others need. */
const leftOut = /^DELETE \/api\/auth\/sessions.*$/;

interface Operation {
  method: string;
  path: string;
  query: string[];
  fields: string[];
}

async function operations(): Promise<Operation[]> {
  const { body } = await tenant.owner.get('/openapi.json');
  type Described = {
    parameters?: { in: string; name: string }[];
    requestBody?: { content?: Record<string, { schema?: { properties?: object } }> };
  };
  return Object.entries(body.paths as Record<string, Record<string, Described>>)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        query: parameters.filter((each) => each.in === 'query').map(({ name }) => name),
        fields: Object.keys(requestBody?.content?.['application/json']?.schema?.properties ?? {}),
      })),
    )
    .filter(({ method, path }) => !leftOut.test(`${method} ${path}`));
}

const named: Record<string, string> = {
  id: 'probe',
  slug: 'probe',
  name: 'tidy',
  table: 'things',
  path: 'a/b',
  source: 'open',
};
const word = fc.oneof(
  fc.constantFrom(
    '',
    '%20',
    '.',
    '..',
    '%00',
    '%ff',
    '%c0%ae',
    '%2e%2e%2f',
    '%',
    '%zz',
    '__proto__',
    'constructor',
    'null',
    'NaN',
    '-1',
    '1e400',
    '9'.repeat(40),
    'x'.repeat(2000),
    '%F0%9F%92%A9',
    '%E2%80%AE',
    '%0d%0a',
    "'%20or%201=1--",
    `plg_${'0'.repeat(26)}`,
    `run_${'z'.repeat(26)}`,
    `ses_${'7'.repeat(26)}`,
    '2026-01-31T12:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '-271821-04-19T23:59:59.999Z',
    '0000-01-01T00:00:00Z',
    '%7B%22a%22:%7B%22$gt%22:%7B%7D%7D%7D',
    '%5B%5B%5B',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const json = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      -1,
      0,
      1.5,
      1e308,
      Number.MAX_SAFE_INTEGER,
      '',
      '\u0000',
      '\ud800',
      '\udfff\ud800',
      'x'.repeat(70_000),
      [],
      {},
      [[]],
      { '': 1 },
      { $gt: '' },
      { $unset: [''] },
      'http://[::1',
      'javascript:0',
      '2026-02-30T25:61:61Z',
      '*/0 * * * *',
      '0 0 30 2 *',
      'a@b.c',
      '**',
      'a..b',
      `${'a.'.repeat(200)}b`,
    ),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown> },
);
const header = fc.constantFrom<Record<string, string>>(
  {},
  {},
  {},
  { 'x-tenant-slug': '%00' },
  { 'idempotency-key': 'x'.repeat(256) },
  { 'idempotency-key': 'same' },
  { 'content-type': 'application/cloudevents+json' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'a/b;;=;' },
  { 'content-encoding': 'gzip' },
  { range: 'bytes=-0,9-1' },
  { 'if-match': '"' },
  { 'if-none-match': '*' },
  { 'last-event-id': '-1' },
  { origin: 'null' },
  { accept: '*/*;q=x' },
  { cookie: '=;=' },
  { 'x-forwarded-for': '::1, x' },
  { authorization: 'Bearer a.b.c' },
  { authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x' },
);

const made = (all: Operation[]) =>
  fc.constantFrom(...all).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      who: fc.nat(2),
      words: fc.array(fc.option(word, { nil: undefined, freq: 3 }), { minLength: 4, maxLength: 4 }),
      query: fc.dictionary(fc.constantFrom('x', ...operation.query.filter((name) => name !== 'wait')), word, {
        maxKeys: 3,
      }),
      body: fc.oneof(
        {
          weight: 4,
          arbitrary: fc
            .dictionary(
              operation.fields.length > 0 ? fc.constantFrom(...operation.fields) : fc.string({ maxLength: 5 }),
              json,
              { maxKeys: 6 },
            )
            .map((value) => JSON.stringify(value)),
        },
        { weight: 1, arbitrary: json.map((value) => JSON.stringify(value)) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            '',
            '{',
            '{"a":1,"a":2}',
            '[1e999]',
            `{"a":${'9'.repeat(400)}}`,
            '"\\ud800"',
            '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nPK\r\n--x--\r\n',
            '--x\r\n\r\n',
          ),
        },
      ),
      headers: header,
    }),
  );

it(
  `answers ${requests} requests that no program would send without a 5xx`,
  { timeout: 60_000 + requests * 500 },
  async () => {
    const cases = fc.sample(made(await operations()), { numRuns: requests, seed });
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    const send = async ({ operation, who, words, query, body, headers }: (typeof cases)[number]): Promise<void> => {
      let place = 0;
      const path = operation.path.replace(
        /\{(\w+)\}/g,
        (_, name: string) => words[(place += 1) - 1] ?? (name === 'tenant' ? tenant.slug : (named[name] ?? 'x')),
      );
      const search = Object.entries(query)
        .map(([name, value]) => `${encodeURIComponent(name)}=${value}`)
        .join('&');
      const url = `${annex.url}${path}${search && `?${search}`}`;
      const bearer = { authorization: `Bearer ${clients[who]?.token}`, 'x-tenant-slug': tenant.slug };
      const answer = await rawRequest(url, {
        method: operation.method,
        headers: { ...bearer, 'content-type': 'application/json', ...headers },
        ...(operation.method !== 'GET' && { body }),
      });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const isProblem = answer.headers['content-type']?.startsWith('application/problem+json') ?? false;
      if (answer.status >= 500 || (answer.status >= 400 && answer.status !== 416 && !isProblem))
        faults.push(
          `${operation.method} ${url.slice(annex.url.length, annex.url.length + 300)} ` +
            `${String(body).slice(0, 200)} ${JSON.stringify(headers)} → ${answer.status} ${answer.text.slice(0, 300)}`,
        );
    };
    const next = cases[Symbol.iterator]();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let one = next.next(); !one.done; one = next.next())
          await send(one.value).catch((thrown: Error) =>
            faults.push(
              `${one.value?.operation.method} ${one.value?.operation.path} ${JSON.stringify(one.value?.words)}: ` +
                `${thrown.message}`,
            ),
          );
      }),
    );
    expect(faults.join('\n')).toBe('');
    // Most get past the edge: a fuzz that is refused at the door finds nothing.
    expect(statuses.get(422) ?? 0).toBeGreaterThan(requests / 20);
    expect((await tenant.owner.get('/healthz')).status).toBe(200);
  },
);
