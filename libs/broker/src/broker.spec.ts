import { handlersNotAvailable, hostMethods, type HostHandlers, type PermissionGrant } from '@annex/host-api';
import { defineErrors, type Logger } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { createBroker, type AnsweredCall, type BrokerRun, type HostCallAnswer } from './broker.js';

interface Identity {
  tenantId: string;
}
type Handlers = HostHandlers<Identity>;

const testErrors = defineErrors('broker-spec', { KV_FULL: { title: 'full', status: 409, fault: 'limit' } });
const answer = { status: 200, headers: [], url: 'https://api.x.io/', body: { encoding: 'utf8' as const, data: '' } };

function open(handlers: Partial<Handlers> = {}, run: Partial<BrokerRun<Identity>> = {}) {
  const logged: { fields: object; message: string }[] = [];
  const calls: AnsweredCall<Identity>[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => void logged.push({ fields, message }),
  };
  const broker = createBroker<Identity>(
    { ...handlersNotAvailable(hostMethods, 'Soon.'), ...handlers },
    { logger, newReference: () => 'req_1', onCall: (call) => void calls.push(call) },
  );
  const session = broker.session({ identity: { tenantId: 'ten_1' }, grants: [], secretsDeclared: [], ...run });
  return {
    session,
    logged,
    calls,
    ask: (method: string, ...args: unknown[]) => session.call({ method, args: JSON.stringify(args) }),
  };
}

/** A handler that waits until the test answers it, and knows how many wait with it. */
function held<T>(result: T) {
  const releases: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const reached = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => (releases.length >= count ? resolve() : setImmediate(look));
      look();
    });
  const handler = (_args: unknown, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<T>((resolve) => releases.push(() => resolve(result)));
  };
  return { handler, releases, signals, reached };
}

const code = (result: HostCallAnswer): string => (result.ok ? 'OK' : result.code);
const http = (url: string) => ['http.request', { method: 'GET', url }] as const;

describe('a host call', () => {
  it('is answered with what its handler answers', async () => {
    const { ask, session, calls } = open({
      'kv.get': ([key], { identity }) => ({ key, tenant: identity.tenantId }),
      'kv.set': () => null,
    });
    expect(await ask('kv.get', 'a')).toEqual({ ok: true, value: '{"key":"a","tenant":"ten_1"}' });
    expect(await ask('kv.set', 'a', 1)).toEqual({ ok: true, value: 'null' });
    expect(session.usage()).toEqual({
      hostCalls: 2,
      httpCalls: 0,
      httpCallsAtOnce: 0,
      emits: 0,
      jobStarts: 0,
      emails: 0,
      webhookSends: 0,
      llmCalls: 0,
      pluginCalls: 0,
      permissionsUsed: [],
    });
    expect(calls.map(({ method, code: result }) => [method, result])).toEqual([
      ['kv.get', 'OK'],
      ['kv.set', 'OK'],
    ]);
  });

  it('gives bytes back as base64', async () => {
    const { ask } = open({ 'files.read': () => new Uint8Array([0, 255]) }, { grants: [{ name: 'files.read' }] });
    expect(await ask('files.read', 'a')).toEqual({ ok: true, value: '{"$bytes":"AP8="}' });
  });

  it('of a name that does not exist is refused with the nearest one', async () => {
    const { ask } = open();
    expect(await ask('kv.gett', 'a')).toEqual({
      ok: false,
      code: 'UNKNOWN_HOST_CALL',
      message: 'There is no host call "kv.gett". Did you mean "kv.get"?',
    });
    for (const name of ['', 'constructor', '__proto__', 'toString', 'x'.repeat(100_000)]) {
      const refused = await ask(name);
      expect(code(refused)).toBe('UNKNOWN_HOST_CALL');
      expect(refused.ok ? 0 : refused.message.length).toBeLessThan(300);
    }
  });

  it('takes the body of a request that crossed beside its arguments', async () => {
    const { session } = open(
      {
        'http.request': ([{ body }]) => ({
          status: 200,
          headers: [],
          url: 'https://a.test/',
          body: body ?? answer.body,
        }),
      },
      { grants: [{ name: 'outbound_http' }] },
    );
    const send = (body: unknown, text: string) =>
      session.call({
        method: 'http.request',
        args: JSON.stringify([{ method: 'POST', url: 'https://a.test/', body }]),
        text,
      });
    const text = '"ü"'.repeat(70_000);
    const sent = await send({ encoding: 'utf8', data: null }, text);
    expect(sent.ok && (JSON.parse(sent.value) as { body: unknown }).body).toEqual({ encoding: 'utf8', data: text });
    for (const body of [undefined, null, [], 'x', { encoding: 'utf8' }, { encoding: 'utf8', data: '' }])
      expect(code(await send(body, text))).toBe('INVALID_ARGUMENTS');
    expect(code(await send({ encoding: 'utf8', data: null }, 'x'.repeat(30_000_000)))).toBe('PAYLOAD_TOO_LARGE');
    for (const args of ['null', '{}', '[]', '[[]]', '["x"]', '[{"__proto__":{"body":{"data":null}}}]'])
      expect(code(await session.call({ method: 'http.request', args, text }))).toBe('INVALID_ARGUMENTS');
    expect(code(await session.call({ method: 'kv.get', args: '["a"]', text }))).toBe('INVALID_ARGUMENTS');
  });

  const malformed: [string, string, string][] = [
    ['text that is not JSON', '[', 'INVALID_ARGUMENTS'],
    ['nothing', '', 'INVALID_ARGUMENTS'],
    ['an object', '{"0":"a","length":1}', 'INVALID_ARGUMENTS'],
    ['null', 'null', 'INVALID_ARGUMENTS'],
    ['too many arguments', '["a","b","c","d"]', 'INVALID_ARGUMENTS'],
    ['half a million brackets', `["k",${'['.repeat(500_000)}${']'.repeat(500_000)}]`, 'INVALID_ARGUMENTS'],
    [
      'a hundred thousand nested objects',
      `["k",${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}]`,
      'INVALID_ARGUMENTS',
    ],
    ['more than the call takes', `["k","${'x'.repeat(1_048_576)}"]`, 'PAYLOAD_TOO_LARGE'],
    ['more bytes than characters', `["k","${'é'.repeat(600_000)}"]`, 'PAYLOAD_TOO_LARGE'],
    ['a value larger than a value may be', `["k","${'x'.repeat(140_000)}"]`, 'PAYLOAD_TOO_LARGE'],
  ];
  it.each(malformed.map(([what, args, expected]) => [what, expected, args] as const))(
    'with %s as arguments is refused as %s',
    async (_what, expected, args) => {
      let asked = 0;
      const { session } = open({ 'kv.set': () => ((asked += 1), null) });
      expect(code(await session.call({ method: 'kv.set', args }))).toBe(expected);
      expect(asked).toBe(0);
    },
  );

  it('that is malformed is told which argument is wrong and what a good call looks like', async () => {
    const { ask } = open();
    const refused = await ask('kv.set', 'a', 1, { ttl: -1, x: 1 });
    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringMatching(/argument 3, \/ttl: .*argument 3: .*"x".*For example: await ctx\.kv\.set/s),
    });
  });

  it('cannot reach prototypes through its arguments', async () => {
    const { session } = open({
      'kv.set': ([, value]) => ((Object.assign({}, value) as { polluted?: boolean }).polluted, null),
    });
    await session.call({
      method: 'kv.set',
      args: '["k",{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}]',
    });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('permissions', () => {
  it('that are not granted refuse the call, say how to get them, and nothing happens', async () => {
    let asked = 0;
    const { ask, session, calls } = open(
      { 'db.insert': () => ((asked += 1), {}), 'http.request': () => ((asked += 1), answer) },
      { grants: [{ name: 'db.read' }] },
    );
    expect(await ask('db.insert', 'orders', {})).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('"db.write"'),
    });
    expect(await ask(...http('https://x.io/'))).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('have an admin grant it'),
    });
    expect(asked).toBe(0);
    expect(session.usage()).toMatchObject({ hostCalls: 2, httpCalls: 0, permissionsUsed: [] });
    expect(calls.map((call) => call.permission)).toEqual([null, null]);
  });

  it('come before the look at the arguments, so a probe learns nothing', async () => {
    expect(code(await open().ask('db.insert'))).toBe('PERMISSION_DENIED');
  });

  it('reach as far as their scope', async () => {
    const grants: PermissionGrant[] = [
      { name: 'db.read', tables: ['orders'] },
      { name: 'outbound_http', hosts: ['*.x.io', 'y.io:8443'] },
    ];
    const { ask, session } = open({ 'db.query': () => [], 'http.request': () => answer }, { grants });
    expect(code(await ask('db.query', 'orders'))).toBe('OK');
    expect(await ask('db.query', 'users')).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('"orders" only, not for "users"'),
    });
    expect(code(await ask(...http('https://api.x.io/')))).toBe('OK');
    expect(code(await ask(...http('https://y.io:8443/')))).toBe('OK');
    expect(code(await ask(...http('https://x.io.evil.com/')))).toBe('PERMISSION_DENIED');
    expect(session.usage()).toMatchObject({ httpCalls: 2, permissionsUsed: ['db.read', 'outbound_http'] });
  });

  it('give the handler the grant that let the call through', async () => {
    const seen: unknown[] = [];
    const { ask } = open(
      {
        'db.query': (_args, { grant }) => (seen.push(grant), []),
        'kv.get': (_args, { grant }) => (seen.push(grant), null),
      },
      { grants: [{ name: 'db.read' }] },
    );
    await ask('db.query', 'orders');
    await ask('kv.get', 'a');
    expect(seen).toEqual([{ name: 'db.read' }, null]);
  });

  it('of secrets are the names in the manifest', async () => {
    const { ask } = open({ 'secrets.get': ([name]) => `value of ${name}` }, { secretsDeclared: ['API_KEY'] });
    expect(await ask('secrets.get', 'API_KEY')).toEqual({ ok: true, value: '"value of API_KEY"' });
    expect(await ask('secrets.get', 'OTHER')).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining("Add it to the manifest's secrets"),
    });
  });
});

describe('quotas', () => {
  it('end the host calls of a run', async () => {
    const { ask, session } = open({ 'kv.get': () => null }, { quotas: { hostCalls: 2 } });
    expect([code(await ask('kv.get', 'a')), code(await ask('nonsense')), code(await ask('kv.get', 'a'))]).toEqual([
      'OK',
      'UNKNOWN_HOST_CALL',
      'RATE_LIMITED',
    ]);
    expect(session.usage().hostCalls).toBe(2);
  });

  it('end HTTP calls at 50 a run and events at 100', async () => {
    const { ask, session } = open(
      { 'http.request': () => answer, emit: () => ({ event_id: 'evt_1' }) },
      { grants: [{ name: 'outbound_http' }] },
    );
    const codes = async (count: number, ...call: [string, ...unknown[]]) =>
      (await Promise.all(Array.from({ length: count }, () => ask(...call)))).map(code);
    expect((await codes(51, ...http('https://x.io/'))).filter((one) => one === 'HTTP_LIMIT')).toHaveLength(1);
    expect((await codes(101, 'emit', 'a.b')).filter((one) => one === 'RATE_LIMITED')).toHaveLength(1);
    expect(session.usage()).toMatchObject({ httpCalls: 50, emits: 100 });
  });

  it('let six HTTP calls through at once and make the others wait', async () => {
    const { handler, releases, reached } = held(answer);
    const { ask } = open({ 'http.request': handler, 'kv.get': () => null }, { grants: [{ name: 'outbound_http' }] });
    const all = Array.from({ length: 8 }, () => ask(...http('https://x.io/')));
    await reached(6);
    expect(code(await ask('kv.get', 'a'))).toBe('OK');
    expect(releases).toHaveLength(6);
    for (let done = 0; done < 8; done += 1) {
      await reached(done + 1);
      releases[done]?.();
    }
    expect((await Promise.all(all)).map(code)).toEqual(Array(8).fill('OK'));
  });
});

describe('a run that has ended', () => {
  it('gets RUN_ENDED for calls under way, calls that wait and later ones, and stops the work', async () => {
    const { handler, signals, reached } = held(answer);
    const { ask, session } = open(
      { 'http.request': handler },
      { grants: [{ name: 'outbound_http' }], quotas: { httpCallsAtOnce: 1 } },
    );
    const underWay = ask(...http('https://x.io/'));
    const waiting = ask(...http('https://x.io/'));
    await reached(1);
    session.close();
    session.close();
    expect([code(await underWay), code(await waiting), code(await ask('kv.get', 'a'))]).toEqual([
      'RUN_ENDED',
      'RUN_ENDED',
      'RUN_ENDED',
    ]);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it('is one whose signal fired, before or after the session began', async () => {
    const ending = new AbortController();
    const { ask } = open({ 'kv.get': () => null }, { signal: ending.signal });
    expect(code(await ask('kv.get', 'a'))).toBe('OK');
    ending.abort();
    expect(code(await ask('kv.get', 'a'))).toBe('RUN_ENDED');
    expect(code(await open({ 'kv.get': () => null }, { signal: AbortSignal.abort() }).ask('kv.get', 'a'))).toBe(
      'RUN_ENDED',
    );
  });

  it('does not end another run of the same broker', async () => {
    const broker = createBroker<Identity>({ ...handlersNotAvailable(hostMethods, ''), 'kv.get': () => 1 });
    const run = { identity: { tenantId: 'ten_1' }, grants: [], secretsDeclared: [] };
    const [one, other] = [broker.session(run), broker.session(run)];
    one.close();
    expect(await other.call({ method: 'kv.get', args: '["a"]' })).toEqual({ ok: true, value: '1' });
  });
});

describe('a handler that fails', () => {
  it('with an error of a catalogue gives the plugin its code and detail', async () => {
    const { ask, logged } = open({
      'kv.get': () => {
        throw testErrors.error('KV_FULL', 'The store is full.');
      },
    });
    expect(await ask('kv.get', 'a')).toEqual({ ok: false, code: 'KV_FULL', message: 'The store is full.' });
    expect(logged).toEqual([]);
  });

  it('with anything else gives the plugin a reference only, and the log the cause', async () => {
    for (const thrown of [
      new Error('connect ECONNREFUSED 10.0.0.5:5432 at /srv/app.js'),
      'text',
      null,
      { code: 'X' },
    ]) {
      const { ask, logged } = open({ 'kv.get': () => Promise.reject(thrown) });
      const result = await ask('kv.get', 'a');
      expect(result).toEqual({
        ok: false,
        code: 'PLATFORM_ERROR',
        message: 'ctx.kv.get failed inside the platform. Tell its operator the reference req_1.',
      });
      expect(logged).toEqual([
        { fields: { err: thrown, reference: 'req_1', method: 'kv.get' }, message: 'a host call failed' },
      ]);
    }
  });

  it('with an answer that is too large or no JSON does not hand it over', async () => {
    const { ask } = open({ 'kv.get': () => 'x'.repeat(6_000_000), 'kv.delete': (() => 1n) as never });
    expect(code(await ask('kv.get', 'a'))).toBe('RESULT_TOO_LARGE');
    expect(code(await ask('kv.delete', 'a'))).toBe('PLATFORM_ERROR');
  });

  it('because it is not served says so', async () => {
    expect(await open().ask('templates.render', 'a')).toEqual({
      ok: false,
      code: 'NOT_AVAILABLE',
      message: 'ctx.templates.render is not available here. Soon.',
    });
  });
});
