/* eslint-disable max-len -- programs are easier to read in one line */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonScript } from '@annex/manifest';
import { createSandbox, type RunOutcome, type Sandbox } from '@annex/sandbox';
import { endOf, hostileLimits, patientLimits } from './support/hostile-host.js';

let sandbox: Sandbox;
const kills: unknown[] = [];
beforeAll(async () => {
  // With the self-test: it is part of what is tried here.
  sandbox = await createSandbox({ hostMethods: ['kv.get'], onKill: (report) => kills.push(report) });
}, 120_000);
afterAll(() => sandbox.stop(0));

const answered = Promise.resolve({ ok: true, value: '"v"' } as const);

function attack(
  body: string,
  over: { tenantId?: string; patient?: boolean; wallMs?: number; payload?: unknown } = {},
): Promise<RunOutcome> {
  const head = "from annex import job, PluginContext\n@job('x')\ndef x(ctx, payload=None):\n";
  const source = `${head}${body.replace(/^/gm, '    ')}\n`;
  const code = pythonScript({ entry: 'main.py', sources: { 'main.py': source } });
  const sha256 = createHash('sha256').update(code).digest('hex');
  const limits = { ...(over.patient === false ? hostileLimits : { ...patientLimits, cpuMs: 2000 }) };
  return sandbox.run({
    runId: 'run_1',
    tenantId: over.tenantId ?? 'attacker',
    installationId: 'inst',
    isolateKey: `${over.tenantId ?? 'attacker'}/${sha256}`,
    language: 'python',
    bundleSha256: sha256,
    loadBundle: () => Promise.resolve({ code, sha256 }),
    handler: { kind: 'job', index: 0 },
    context: {
      tenant: { id: 't', slug: 't', name: 't' },
      user: null,
      plugin: { id: 'p', slug: 'p', version: '1.0.0' },
      run: { id: 'run_1', kind: 'job', name: 'x', attempt: 1, deadlineMs: 0 },
      permissions: [],
      config: {},
    },
    ...(over.payload === undefined ? {} : { payload: JSON.stringify(over.payload) }),
    limits: { ...limits, wallMs: over.wallMs ?? limits.wallMs },
    hostCall: () => answered,
    log: () => undefined,
  });
}

const indented = (body: string): string => body.replace(/^/gm, '    ');

function valueOf(outcome: RunOutcome): unknown {
  if (outcome.status === 'failed') return outcome.error;
  return JSON.parse((outcome.response === undefined ? outcome.result : undefined) ?? 'null') as unknown;
}

const way = `way = PluginContext.emit.__globals__['_host']._js['call'].constructor\n`;

describe('the bridge to JavaScript ends in the isolate', { timeout: 120_000 }, () => {
  it('has nothing at its end that a plugin in TypeScript has not', async () => {
    const names = ['process', 'require', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'Buffer', 'module', 'Deno'];
    const body = `${way}return [n for n in ${JSON.stringify(names)} if way('return typeof ' + n)() != 'undefined']`;
    expect(valueOf(await attack(body))).toEqual([]);
  });

  it('makes no memory that nobody counts', async () => {
    const program = `
      const found = [];
      const seen = new Set();
      for (const value of [globalThis, ...Object.values(Object.getOwnPropertyDescriptors(globalThis)).map((d) => d.value)]) {
        if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue;
        seen.add(value);
        for (const name of Object.getOwnPropertyNames(value))
          if (/WebAssembly|SharedArray|wasm/i.test(name)) found.push(name);
      }
      try { new ArrayBuffer(8, { maxByteLength: 1e9 }).resize(1e8); found.push('resizable'); } catch {}
      return found.join();`;
    expect(valueOf(await attack(`${way}return way(${JSON.stringify(program)})()`))).toBe('');
  });

  it('gets at the interpreter at most, whose memory has its limit', async () => {
    const body = `
import gc
seen = 0
for each in gc.get_objects():
    if type(each).__name__ == 'JsProxy':
        seen += 1
        memory = getattr(getattr(each, '_module', None), 'wasmMemory', None)
        if memory is not None:
            try:
                memory.grow(10000)
                return 'grew'
            except BaseException:
                pass
return 'no'`.replace('import gc', "gc = PluginContext.emit.__globals__['_host'].sys.modules['gc']");
    expect(valueOf(await attack(body))).toBe('no');
  });
});

const endings: [name: string, body: string, codes: string[]][] = [
  ['a loop', 'while True: pass', ['CPU_LIMIT']],
  [
    'a loop that catches everything',
    'while True:\n    try:\n        while True: pass\n    except BaseException: pass',
    ['CPU_LIMIT'],
  ],
  ['a loop after a call', 'ctx.kv.get("a")\nwhile True: pass', ['CPU_LIMIT']],
  ['a power', 'pow(3, 10**8)', ['CPU_LIMIT']],
  ['a text of a number', 'return len(str(1 << 10**7))', ['CPU_LIMIT', 'PLUGIN_ERROR']],
  ['a factorial', 'import math\nmath.factorial(10**7)', ['CPU_LIMIT']],
  ['a regular expression', 'import re\nre.match("(a|a)+$", "a" * 50 + "b")', ['CPU_LIMIT']],
  ['a generator without end', 'sum(iter(int, 1))', ['CPU_LIMIT']],
  ['a format of a billion digits', 'return len(f"{1:>{10**9}}")', ['MEMORY_LIMIT', 'PLUGIN_ERROR']],
  ['a list of a billion', 'return len([0] * 10**9)', ['MEMORY_LIMIT', 'PLUGIN_ERROR']],
  ['bytes without end', 'x = []\nwhile True: x.append(bytes(10**6))', ['MEMORY_LIMIT']],
  ['a million small objects', 'x = []\nwhile True: x.append({"a": object()})', ['MEMORY_LIMIT', 'CPU_LIMIT']],
  [
    'decimals',
    'from decimal import Decimal, getcontext\ngetcontext().prec = 10**7\nDecimal(2).sqrt()',
    ['CPU_LIMIT', 'MEMORY_LIMIT', 'PLUGIN_ERROR'],
  ],
  [
    'a class that compares for ever',
    'class A:\n    def __eq__(s, o): return s == o\nA() == A()',
    ['PLUGIN_ERROR', 'CPU_LIMIT'],
  ],
  ['brackets', 'eval("(" * 10000 + ")" * 10000)', ['PLUGIN_ERROR']],
  ['lists in lists', 'a = []\nfor i in range(10**5): a = [a]\nreturn repr(a)', ['PLUGIN_ERROR']],
  ['a result that holds itself', 'a = []\na.append(a)\nreturn a', ['PLUGIN_ERROR']],
  [
    'a finalizer that never ends',
    'class A:\n    def __del__(s):\n        while True: pass\nx = A()\ndel x',
    ['CPU_LIMIT'],
  ],
  [
    'an error whose text never ends',
    'class E(Exception):\n    def __str__(s):\n        while True: pass\nraise E()',
    ['CPU_LIMIT'],
  ],
  ['exit', 'raise SystemExit(0)', ['PLUGIN_ERROR']],
  ['a keyboard interrupt', 'raise KeyboardInterrupt', ['PLUGIN_ERROR']],
];

describe('a hostile program ends, and its neighbour does not notice', { timeout: 180_000 }, () => {
  it.each(endings)('%s', async (_name, body, codes) => {
    expect(codes).toContain(endOf(await attack(body)));
    expect(valueOf(await attack('return ctx.kv.get("a")', { tenantId: 'neighbour' }))).toBe('v');
  });

  it('kills no process for what V8 can stop', () => expect(kills).toEqual([]));
});

const loops: [name: string, body: string, codes: string[]][] = [
  [
    'a task that is not cancelled',
    'async def t():\n    while True:\n        try: await asyncio.sleep(9)\n        except asyncio.CancelledError: pass\nasyncio.create_task(t())\nawait asyncio.sleep(0)',
    ['TIMEOUT'],
  ],
  ['a loop that goes round without end', 'while True: await asyncio.sleep(0)', ['CPU_LIMIT', 'TIMEOUT']],
  [
    'callbacks that call themselves',
    'loop = asyncio.get_running_loop()\ndef again(): loop.call_soon(again)\nagain()\nawait asyncio.Event().wait()',
    ['CPU_LIMIT', 'TIMEOUT'],
  ],
  ['a wait for nothing', 'await asyncio.get_running_loop().create_future()', ['TIMEOUT']],
  [
    'tasks without end',
    'async def t():\n    asyncio.create_task(t())\n    asyncio.create_task(t())\n    await asyncio.sleep(0)\nawait t()\nawait asyncio.sleep(9)',
    ['CPU_LIMIT', 'MEMORY_LIMIT', 'TIMEOUT'],
  ],
  [
    'a finalizer that waits',
    'async def t():\n    try: await asyncio.sleep(60)\n    finally:\n        while True: ctx.sync.kv.get("a")\nawait t()',
    ['TIMEOUT', 'RATE_LIMITED'],
  ],
  [
    'a coroutine that ignores its end',
    'async def t():\n    while True:\n        try: await asyncio.sleep(60)\n        except BaseException: pass\nawait t()',
    ['TIMEOUT'],
  ],
  [
    'a loop of its own that outlives its handler',
    'asyncio._set_running_loop(None)\nloop = asyncio.new_event_loop()\nloop.run_forever()',
    ['TIMEOUT', 'PLUGIN_ERROR'],
  ],
];

describe('an event loop ends with its run', { timeout: 180_000 }, () => {
  it.each(loops)('%s', async (_name, body, codes) => {
    const program = `import asyncio\nasync def main():\n${body.replace(/^/gm, '    ')}\nreturn asyncio.run(main())`;
    expect(codes).toContain(endOf(await attack(program, { wallMs: 1000 })));
    expect(
      valueOf(
        await attack(
          'import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    return len(asyncio.all_tasks())\nreturn asyncio.run(main())',
        ),
      ),
    ).toBe(1);
    expect(valueOf(await attack('return ctx.kv.get("a")', { tenantId: 'neighbour' }))).toBe('v');
  });

  it('does not see the tasks of another', async () => {
    const body = `
import asyncio
async def main():
    others = set()
    for _ in range(20):
        await asyncio.sleep(0.001)
        others |= {t.get_name() for t in asyncio.all_tasks()}
        assert asyncio.get_running_loop() is loop_of[0]
    return sorted(others)
loop_of = []
async def first():
    asyncio.current_task().set_name(str(payload))
    loop_of.append(asyncio.get_running_loop())
    return await main()
return asyncio.run(first())`;
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, payload) => attack(body, { tenantId: 'tasks', payload })),
    );
    expect(outcomes.map(valueOf)).toEqual(outcomes.map((_, index) => [String(index)]));
  });
});

describe('what a run leaves behind', { timeout: 120_000 }, () => {
  it('reaches no other tenant', async () => {
    const mark = "import json\njson.mark = getattr(json, 'mark', []) + ['x']\nreturn len(json.mark)";
    expect(valueOf(await attack(mark, { tenantId: 'first' }))).toBe(1);
    expect(valueOf(await attack(mark, { tenantId: 'first' }))).toBe(2);
    expect(valueOf(await attack(mark, { tenantId: 'second' }))).toBe(1);
  });

  it('is no random number of another’s', async () => {
    const draw = 'import random, uuid, secrets\nreturn [random.random(), str(uuid.uuid4()), secrets.token_hex(8)]';
    const [first, second] = [await attack(draw, { tenantId: 'first' }), await attack(draw, { tenantId: 'second' })];
    expect(valueOf(first)).not.toEqual(valueOf(second));
    expect((valueOf(first) as unknown[])[0]).not.toEqual((valueOf(second) as unknown[])[0]);
  });

  it('is none of the waiting runs that ended', async () => {
    const blocks = `_host = PluginContext.emit.__globals__['_host']\n_host.sys.modules['gc'].collect()\nreturn _host.sys.getallocatedblocks()`;
    const waiting = 'import time\ntry:\n    time.sleep(60)\nfinally:\n    ctx.kv.get("late")';
    const looping =
      'import asyncio\nasync def main():\n    asyncio.create_task(asyncio.sleep(50))\n    await asyncio.gather(asyncio.sleep(60), asyncio.Event().wait())\nreturn asyncio.run(main())';
    const ends = new Set<string>();
    // One plugin, so that all of them share an interpreter.
    const both = `if payload == 'blocks':\n${indented(blocks)}\nif payload == 'wait':\n${indented(waiting)}\n${looping}`;
    const run = (payload: string, wallMs = 60_000): Promise<RunOutcome> =>
      attack(both, { wallMs, tenantId: 'waiting', payload });
    const twenty = async (): Promise<void> => {
      const outcomes = Array.from({ length: 20 }, (_, index) => run(index % 2 === 0 ? 'wait' : 'loop', 300));
      for (const outcome of await Promise.all(outcomes)) ends.add(endOf(outcome));
    };
    await run('blocks');
    await twenty();
    const before = Number(valueOf(await run('blocks')));
    for (let index = 0; index < 6; index += 1) await twenty();
    const after = Number(valueOf(await run('blocks')));
    expect(ends).toContain('TIMEOUT');
    // One that came while the executor still ended others found no room in its time.
    expect([...ends].filter((end) => end !== 'TIMEOUT' && end !== 'OVERLOADED')).toEqual([]);
    // A stack that stayed would hold hundreds.
    expect(after - before).toBeLessThan(2000);
  });
});
