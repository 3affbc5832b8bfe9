import { describe, expect, it } from 'vitest';
import { availableHostMethods, handlersNotAvailable, type HostHandlers } from './handlers.js';
import { permissionNames } from './permissions.js';
import { findHostCall, hostCallReference, hostCalls, hostMethods, methodsNeeding, type HostMethod } from './table.js';

/** Every call of the contract's table, and the permission it needs. */
const contract: Record<HostMethod, string | null> = {
  'secrets.get': null,
  'secrets.has': null,
  'http.request': 'outbound_http',
  'db.query': 'db.read',
  'db.getById': 'db.read',
  'db.count': 'db.read',
  'db.insert': 'db.write',
  'db.update': 'db.write',
  'db.delete': 'db.write',
  'files.list': 'files.read',
  'files.read': 'files.read',
  'files.stat': 'files.read',
  'files.url': 'files.read',
  'files.upload': 'files.write',
  'files.delete': 'files.write',
  'kv.get': null,
  'kv.set': null,
  'kv.delete': null,
  'kv.list': null,
  'kv.incr': null,
  'shared.get': null,
  'shared.set': null,
  'shared.delete': null,
  'shared.list': null,
  'shared.incr': null,
  'email.send': 'send_email',
  'webhooks.send': 'emit_webhook',
  'agents.send': 'agents.call',
  'llm.run': 'llm.use',
  emit: null,
  'jobs.runNow': null,
  'plugins.call': null,
  'templates.render': null,
  'analytics.track': null,
};

const good: [HostMethod, unknown, unknown?][] = [
  ['kv.get', ['a'], ['a', undefined]],
  ['kv.get', ['a', { version: true }], ['a', { version: true }]],
  ['kv.set', ['a', 1, { ifVersion: 0 }], ['a', 1, { if_version: 0 }]],
  ['shared.get', ['zones', 'a'], ['zones', 'a', undefined]],
  ['kv.set', ['a', null], ['a', null, undefined]],
  ['kv.set', ['a', { b: [1] }, { ttl: 5 }], ['a', { b: [1] }, { ttl_s: 5 }]],
  ['kv.set', ['a', 1, { ttl_s: 5 }], ['a', 1, { ttl_s: 5 }]],
  ['kv.set', ['a', 1, null], ['a', 1, undefined]],
  ['kv.set', ['a', 'x'.repeat(128 * 1024 - 2)]],
  ['kv.set', ['ключ/日本', { $bytes: 'AAE=' }]],
  ['kv.list', [], [undefined]],
  ['kv.list', [null], [undefined]],
  ['kv.list', [{ cursor: null, limit: 5 }], [{ cursor: undefined, limit: 5 }]],
  ['kv.incr', ['a', -2, { ttl: 1 }], ['a', -2, { ttl_s: 1 }]],
  ['emit', ['build.done'], ['build.done', {}, undefined]],
  ['emit', ['build.done', [1], { id: 'x' }]],
  ['jobs.runNow', ['nightly'], ['nightly', null]],
  ['files.upload', ['a.bin', { $bytes: 'AAE=' }], ['a.bin', Buffer.from([0, 1]), undefined]],
  [
    'http.request',
    [{ method: 'GET', url: 'https://x.io/', headers: [['a', 'b']], body: null, timeout_ms: 5, redirect: 'manual' }],
  ],
  [
    'plugins.call',
    [
      'other',
      '/x',
      { method: 'POST', headers: [['a', 'b']], query: { q: [1, 2] }, body: { encoding: 'utf8', data: '{}' } },
    ],
  ],
  [
    'db.query',
    ['orders', { total: { $gt: 1 } }, { orderBy: '-total', limit: 1000 }],
    [
      'orders',
      { kind: 'field', path: ['total'], test: { op: 'gt', value: 1 } },
      { orderBy: [{ path: ['total'], descending: true }], limit: 1000 },
    ],
  ],
  [
    'db.query',
    ['orders', null, { limit: null, offset: null, orderBy: null }],
    ['orders', undefined, { limit: undefined, offset: undefined, orderBy: undefined }],
  ],
  ['files.list', [null, { limit: null, cursor: null }], [undefined, { limit: undefined, cursor: null }]],
  [
    'emit',
    ['build.done', null, { id: null, subject: null, source: null, severity: null, tags: null, attributes: null }],
    ['build.done', {}, {}],
  ],
  ['kv.incr', ['a', null, { ttl: null, ttl_s: null }], ['a', undefined, {}]],
  [
    'db.update',
    ['orders', 'an-id', { id: 'an-id', created_at: 'then', total: 1, $unset: ['note'] }],
    ['orders', 'an-id', { set: { total: 1 }, unset: ['note'] }],
  ],
];

const bad: [HostMethod, unknown, string][] = [
  ['kv.get', [], 'too few'],
  ['kv.get', ['a', 'b'], 'too many'],
  ['kv.get', { 0: 'a', length: 1 }, 'not an array'],
  ['kv.get', [''], 'an empty key'],
  ['kv.get', ['a\nb'], 'a control character'],
  ['kv.get', ['x'.repeat(513)], 'a long key'],
  ['kv.get', [1], 'a number'],
  ['kv.set', ['a'], 'no value'],
  ['kv.set', ['a', 'x'.repeat(128 * 1024 - 1)], 'one byte too much'],
  ['kv.set', ['a', 'é'.repeat(64 * 1024)], 'bytes, not characters, too many'],
  ['kv.set', ['a', ['\0']], 'U+0000 inside'],
  ['kv.set', ['a', { ['\ud800']: 1 }], 'half a surrogate pair as a key'],
  ['kv.set', ['a', 1, { ttl: 0 }], 'no time to live'],
  ['kv.set', ['a', 1, { tll: 5 }], 'a misspelt option'],
  ['kv.set', ['a', 1, 60], 'an option that is no object'],
  ['kv.incr', ['a', '1'], 'text for a number'],
  ['emit', ['a', 'x'.repeat(256 * 1024)], 'a payload too large'],
  ['files.upload', ['a', { $bytes: '*' }], 'bytes that are not base64'],
  ['files.upload', ['a', { $bytes: 'AA', more: 1 }], 'bytes with a stowaway'],
  ['http.request', [{ method: 'GET', url: 'x', headers: [['a']] }], 'half a header'],
  ['http.request', [{ method: 'GET', url: 'x', agent: {} }], 'a field that is not there'],
  ['http.request', [{ method: 'GET', url: 'x', redirect: 'no' }], 'a redirect mode that is not there'],
  ['db.query', ['pg_catalog.pg_user'], 'a name that is no table'],
  ['db.query', ['t', null, { limit: 1001 }], 'a limit over the limit'],
  ['db.query', ['t', { $where: '1' }], 'an operator that is none'],
  ['db.insert', ['t', { id: 'mine' }], 'an id of the caller’s'],
  ['db.insert', ['t', JSON.parse('{"a":{"__proto__":1}}')], 'a name that every object has'],
  ['plugins.call', ['other', 'http://x.io/'], 'a URL for a path'],
];

describe('the table of host calls', () => {
  it('holds every call of the contract with the permission it needs', () => {
    expect(Object.fromEntries(hostMethods.map((name) => [name, hostCalls[name].permission]))).toEqual(contract);
    for (const name of permissionNames) expect(methodsNeeding(name)).not.toEqual([]);
  });

  it.each(good)('accepts good arguments: %s (row %#)', (name, args, parsed = args) => {
    const read = [...hostCalls[name].args.parse(args)];
    while (read.at(-1) === undefined && read.length > (parsed as unknown[]).length) read.pop();
    expect(read).toEqual(parsed);
  });

  it.each(bad.map(([name, args, what]) => [name, what, args] as const))('refuses %s with %s', (name, _what, args) => {
    expect(hostCalls[name].args.safeParse(args).success).toBe(false);
  });

  it('says how large a value is and what the limit is', () => {
    const refused = hostCalls['kv.set'].args.safeParse(['a', 'x'.repeat(200_000)]);
    expect(refused.error?.issues[0]?.message).toBe('is 200002 bytes of JSON; the limit is 131072');
  });

  it('names no call that JavaScript objects have by birth', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', 'kv', 'kv.get '])
      expect(findHostCall(name)).toBeUndefined();
    expect(findHostCall('kv.get')?.name).toBe('kv.get');
  });

  it('knows which host and which table a call touches', () => {
    const http = hostCalls['http.request'];
    const touched = (url: string) => http.touches?.(http.args.parse([{ method: 'GET', url }]));
    expect(touched('https://user@API.slack.com.:8443/x')).toEqual({ host: 'api.slack.com' });
    expect(touched('http://0x7f.1/')).toEqual({ host: '127.0.0.1' });
    expect(touched('nonsense')).toEqual({});
    const query = hostCalls['db.query'];
    expect(query.touches?.(query.args.parse(['users']))).toEqual({ table: 'users' });
  });

  it('can be printed as a reference', () => {
    const reference = hostCallReference();
    expect(reference.map((entry) => entry.name)).toEqual(hostMethods);
    expect(reference.find((entry) => entry.name === 'kv.get')).toMatchObject({
      args: { type: 'array', minItems: 1, maxItems: 2 },
    });
    for (const { doc, example } of reference) expect(doc.endsWith('.') && example.includes('ctx.')).toBe(true);
  });
});

describe('handlers', () => {
  it('that are not served answer NOT_AVAILABLE and are not counted as available', () => {
    const handlers: HostHandlers<unknown> = {
      ...handlersNotAvailable(hostMethods, 'Set SMTP_URL.'),
      'kv.get': () => 'value',
    };
    expect(availableHostMethods(handlers)).toEqual(['kv.get']);
    const context = {
      method: 'templates.render' as const,
      identity: {},
      grant: null,
      signal: new AbortController().signal,
    };
    expect(() => handlers['templates.render'](['hello', undefined], context)).toThrow(
      'ctx.templates.render is not available here. Set SMTP_URL.',
    );
  });

  it('do not compile when a row has none', () => {
    // @ts-expect-error a set of handlers without kv.get is not a set of handlers
    const handlers: HostHandlers<unknown> = handlersNotAvailable(
      hostMethods.filter((name): name is Exclude<HostMethod, 'kv.get'> => name !== 'kv.get'),
      '',
    );
    expect(handlers['kv.get']).toBeUndefined();
  });
});
