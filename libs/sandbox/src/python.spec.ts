import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type HostCall, type HostCallAnswer, type RunRequest, type Sandbox } from './index.js';
import { pythonRun, type PythonRun } from './testing/python-run.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: ['kv.get', 'kv.set', 'emit'], skipSelfTest: true });
}, 60_000);
afterAll(() => sandbox.stop(0));

type Given = Omit<PythonRun, 'source'>;

const lines: { level: string; message: string; run: string }[] = [];

function requestOf(source: string, given: Given = {}): RunRequest {
  const request = pythonRun({ source, ...given });
  return { ...request, log: ({ level, message }) => lines.push({ level, message, run: request.runId }) };
}

async function result(source: string, given: Given = {}): Promise<unknown> {
  const outcome = await sandbox.run(requestOf(source, given));
  if (outcome.status === 'failed')
    throw new Error(`${outcome.error.code}: ${outcome.error.message}\n${outcome.error.stack}`);
  if (outcome.response !== undefined) return outcome.response;
  return outcome.result === undefined ? undefined : JSON.parse(outcome.result);
}

async function failureOf(
  source: string,
  given: Given = {},
): Promise<{ code: string; message: string; stack?: string }> {
  const outcome = await sandbox.run(requestOf(source, given));
  if (outcome.status !== 'failed') throw new Error('it succeeded');
  return outcome.error;
}

const inJob = (body: string): string =>
  `from src.ext.sdk import job\n@job('x')\ndef x(ctx, payload=None):\n${body.replace(/^/gm, '    ')}`;

describe('a plugin in Python', { timeout: 120_000 }, () => {
  it('runs a function', async () => {
    expect(
      await result(
        inJob('return {"sum": sum(range(10)), "who": ctx.tenant_id, "cfg": ctx.config.channel, "p": payload}'),
        { payload: [1] },
      ),
    ).toEqual({
      sum: 45,
      who: 'acme',
      cfg: '#ops',
      p: [1],
    });
  });

  it('answers routes as Flask does', async () => {
    const source = `
from src.ext.sdk import route
@route('/users/<user_id>', methods=['GET'])
def get_user(ctx, user_id):
    if ctx.request.args.get('missing'):
        return {'error': 'User not found'}, 404, {'X-Why': 'gone'}
    return {'user': user_id, 'body': ctx.request.get_json(), 'agent': ctx.request.headers.get('User-Agent')}
`;
    const request = (query: Record<string, string>): NonNullable<RunRequest['request']> => ({
      method: 'GET',
      url: 'http://x.test/ext/demo/users/7',
      headers: [['user-agent', 'me']],
      params: { user_id: '7' },
      query,
      body: { encoding: 'utf8', data: '{"ä":[1]}' },
    });
    expect(await result(source, { kind: 'route', request: request({}) })).toMatchObject({
      status: 200,
      body: { data: '{"user":"7","body":{"ä":[1]},"agent":"me"}' },
    });
    expect(await result(source, { kind: 'route', request: request({ missing: '1' }) })).toMatchObject({
      status: 404,
      headers: expect.arrayContaining([['x-why', 'gone']]) as unknown,
      body: { data: '{"error":"User not found"}' },
    });
  });

  it('refuses a body that nests without end, in that run alone', async () => {
    const source = "from annex import route\n@route('/')\ndef x(ctx):\n    return {'n': len(ctx.request.get_json())}\n";
    const ask = (data: string): Promise<unknown> =>
      result(source, {
        kind: 'route',
        request: {
          method: 'POST',
          url: 'http://x.test/',
          headers: [],
          params: {},
          query: {},
          body: { encoding: 'utf8', data },
        },
      });
    await expect(ask('['.repeat(100_000))).rejects.toThrow('RecursionError');
    expect(await ask('[1,2]')).toMatchObject({ body: { data: '{"n":2}' } });
  });

  it('waits for host calls while others run', async () => {
    const source = inJob(`
total = []
for i in range(10):
    total.append(ctx.kv.get(f"{payload}-{i}"))
    print(payload, i)
return total`);
    const hostCall = async ({ args }: HostCall): Promise<HostCallAnswer> => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return { ok: true, value: JSON.stringify(`v${(JSON.parse(args) as string[])[0]}`) };
    };
    lines.length = 0;
    const runs = Array.from({ length: 200 }, (_, index) => result(source, { payload: `r${index}`, hostCall }));
    const results = (await Promise.all(runs)) as string[][];
    results.forEach((each, index) => expect(each).toEqual(Array.from({ length: 10 }, (_, i) => `vr${index}-${i}`)));
    const byRun = new Map<string, Set<string>>();
    for (const { run, message } of lines)
      byRun.set(run, (byRun.get(run) ?? new Set()).add(message.split(' ')[0] ?? ''));
    for (const names of byRun.values()) expect(names.size).toBe(1);
    expect(lines).toHaveLength(2000);
  });

  it('tells the author where it failed', async () => {
    const error = await failureOf(inJob('return {}["missing"]'));
    expect(error).toMatchObject({ code: 'PLUGIN_ERROR', message: "KeyError: 'missing'" });
    expect(error.stack).toContain('at x (main.py:4)');
    const refused = () => Promise.resolve({ ok: false, code: 'PERMISSION_DENIED', message: 'not granted' } as const);
    expect(
      await result(
        inJob(
          'from annex import HostError\ntry:\n    ctx.kv.get("a")\nexcept HostError as e:\n    return [e.code, str(e)]',
        ),
        { hostCall: refused },
      ),
    ).toEqual(['PERMISSION_DENIED', 'not granted']);
  });

  it('ends at its limits', async () => {
    expect(await failureOf(inJob('while True: pass'), { limits: { cpuMs: 500 } })).toMatchObject({ code: 'CPU_LIMIT' });
    expect(await failureOf(inJob('pow(3, 10**8)'), { limits: { cpuMs: 500 } })).toMatchObject({ code: 'CPU_LIMIT' });
    expect(
      await failureOf(inJob('import re\nre.match("(a+)+$", "a" * 40 + "b")'), { limits: { cpuMs: 500 } }),
    ).toMatchObject({ code: 'CPU_LIMIT' });
    expect(await failureOf(inJob('import time\ntime.sleep(60)'), { limits: { wallMs: 500 } })).toMatchObject({
      code: 'TIMEOUT',
    });
    expect(await failureOf(inJob('x = []\nwhile True: x.append(bytearray(2**20))'))).toMatchObject({
      code: 'MEMORY_LIMIT',
    });
    expect(await failureOf(inJob('while True: print("x")'))).toMatchObject({ code: 'LOG_LIMIT' });
    expect(await failureOf(inJob('return "x" * 2000000'))).toMatchObject({ code: 'OUTPUT_LIMIT' });
  });

  it('bears nesting', async () => {
    for (const program of [
      'import json\njson.loads("[" * 100000)',
      'import json\na = []\nfor i in range(100000): a = [a]\njson.dumps(a)',
      'def f(n): return f(n + 1)\nf(0)',
      'class A:\n    def __getattr__(s, n): return getattr(s, n + "x")\nA().b',
      'a = []\nfor i in range(100000): a = [a]\nrepr(a)',
      'class A:\n    def __lt__(s, o): return sorted([A(), A()])\nsorted([A(), A()])',
    ])
      expect(await failureOf(inJob(program))).toMatchObject({
        code: 'PLUGIN_ERROR',
        message: expect.stringContaining('RecursionError') as unknown,
      });
    expect(await result(inJob('return 1'))).toBe(1);
  });

  it('sleeps', async () => {
    expect(
      await result(inJob('import time\nt = time.monotonic()\ntime.sleep(0.05)\nreturn time.monotonic() - t >= 0.04')),
    ).toBe(true);
  });

  it('imports what the guide names and nothing else', async () => {
    expect(
      await result(
        inJob(
          'import json, datetime, time, uuid, hashlib, base64, urllib.parse, collections, itertools, functools\n' +
            'import re, math, random, string\nreturn str(uuid.uuid4())[14]',
        ),
      ),
    ).toBe('4');
    for (const name of ['os', 'sys', 'js', 'pyodide', 'subprocess', 'socket', 'ctypes', 'threading', 'annex._host'])
      expect(await failureOf(inJob(`import ${name}`))).toMatchObject({
        message: expect.stringContaining('ModuleNotFoundError') as unknown,
      });
  });

  it('finds its own files', async () => {
    const files = { 'lib/helper.py': 'from .deep import value\n', 'lib/deep.py': 'value = 7\n', 'lib/__init__.py': '' };
    expect(await result(`from lib.helper import value\n${inJob('return value')}`, { files })).toBe(7);
  });
});
