/* eslint-disable max-len -- programs are easier to read in one line */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSandbox,
  type HostCall,
  type RouteResponse,
  type RunOutcome,
  type RunRequest,
  type Sandbox,
} from './index.js';
import { pythonRun, resultOf, type PythonRun } from './testing/python-run.js';

let sandbox: Sandbox;
const calls: string[] = [];
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: ['kv.get', 'kv.set'], skipSelfTest: true });
}, 60_000);
afterAll(() => sandbox.stop(0));

const hostCall: PythonRun['hostCall'] = ({ args }: HostCall) => {
  calls.push(args);
  return Promise.resolve({ ok: true, value: '"v"' });
};
const request: NonNullable<RunRequest['request']> = {
  method: 'GET',
  url: 'http://x.test/',
  headers: [],
  params: {},
  query: {},
  body: null,
};
const head = 'import asyncio, time\nfrom annex import job, route, source\n';

/** Starts a route; answers its head once that is out, and its end. */
async function begin(
  source: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ response: RouteResponse; outcome: Promise<RunOutcome> }> {
  const run = pythonRun({ source: head + source, kind: 'route', request, hostCall });
  const stream = { wallMs: 20_000, cpuMs: 5000, bytes: 2 ** 20, idleMs: 10_000 };
  let outcome: Promise<RunOutcome> | undefined;
  const response = await new Promise<RouteResponse>((resolve, reject) => {
    outcome = sandbox.run({
      ...run,
      limits: { ...run.limits, stream },
      ...(signal && { signal }),
      onResponse: resolve,
    });
    void outcome.then((ended) => reject(new Error(JSON.stringify(ended))));
  });
  return { response, outcome: outcome as Promise<RunOutcome> };
}

async function read({ stream }: RouteResponse): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of stream ?? []) all.push(piece as Buffer);
  return Buffer.concat(all).toString();
}

describe('a route that yields', { timeout: 120_000 }, () => {
  it('streams its pieces, with calls between them', async () => {
    const { response, outcome } = await begin(
      '@route("/")\ndef x(ctx):\n    for i in range(3):\n        yield f"{i}{ctx.kv.get(str(i))} "\n    yield b"end"\n',
    );
    expect(response).toMatchObject({ status: 200, headers: [['content-type', 'text/plain; charset=utf-8']] });
    expect(await read(response)).toBe('0v 1v 2v end');
    expect(await outcome).toMatchObject({ status: 'succeeded' });
  });

  it('may be asynchronous, and say status and headers', async () => {
    const { response, outcome } = await begin(
      'async def rows(ctx):\n    for i in range(3):\n        await asyncio.sleep(0.001)\n        yield (await ctx.kv.get("a")) + "\\n"\n' +
        '@route("/")\nasync def x(ctx):\n    return rows(ctx), 202, {"Content-Type": "text/csv"}\n',
    );
    expect(response).toMatchObject({ status: 202, headers: [['content-type', 'text/csv']] });
    expect(await read(response)).toBe('v\nv\nv\n');
    expect(await outcome).toMatchObject({ status: 'succeeded' });
  });

  it('fails in the middle with what it raised', async () => {
    const { response, outcome } = await begin('@route("/")\ndef x(ctx):\n    yield "a"\n    yield {"no": "text"}\n');
    await expect(read(response)).rejects.toThrow();
    expect(await outcome).toMatchObject({
      error: { code: 'PLUGIN_ERROR', message: expect.stringContaining('not dict') as unknown },
    });
  });

  it('is closed when its reader leaves', async () => {
    calls.length = 0;
    const gone = new AbortController();
    const { response, outcome } = await begin(
      '@route("/")\ndef x(ctx):\n    try:\n        while True:\n            time.sleep(0.001)\n            yield "."\n    finally:\n        ctx.kv.set("closed", True)\n',
      { signal: gone.signal },
    );
    const reading = read(response).catch((error: Error) => error.name);
    gone.abort();
    await reading;
    expect(await outcome).toMatchObject({ error: { code: 'CANCELLED' } });
    const after = await sandbox.run(pythonRun({ source: `${head}@job("x")\ndef x(ctx):\n    return 1\n` }));
    expect(after).toMatchObject({ status: 'succeeded' });
  });

  it('is put together where nobody takes a stream', async () => {
    const source = `${head}@route("/")\ndef x(ctx):\n    yield "a"\n    yield "b"\n`;
    const outcome = await sandbox.run(pythonRun({ source, kind: 'route', request }));
    expect(outcome).toMatchObject({ response: { status: 200, body: { encoding: 'base64', data: 'YWI=' } } });
  });
});

describe('what waits for the answer', { timeout: 120_000 }, () => {
  it('is done after it, as part of the run', async () => {
    calls.length = 0;
    const source = `${head}@job("x")\ndef x(ctx, payload=None):\n    def more(a): ctx.kv.set("late", a); ctx.wait_until(ctx.kv.set, "later", 2)\n    ctx.wait_until(more, 1)\n    return 7\n`;
    expect(await sandbox.run(pythonRun({ source, hostCall }))).toMatchObject({ status: 'succeeded', result: '7' });
    expect(calls).toEqual(['["late",1]', '["later",2]']);
  });

  it('may be awaited', async () => {
    calls.length = 0;
    const source = `${head}async def more(ctx):\n    await asyncio.sleep(0.001)\n    await ctx.kv.set("late", 1)\n@job("x")\nasync def x(ctx):\n    ctx.wait_until(more(ctx))\n    ctx.wait_until(ctx.kv.set("call", 1))\n    return 7\n`;
    expect(await sandbox.run(pythonRun({ source, hostCall }))).toMatchObject({ status: 'succeeded', result: '7' });
    expect(calls.sort()).toEqual(['["call",1]', '["late",1]']);
  });

  it('fails the run when it fails', async () => {
    const source = `${head}def more(): raise ValueError("late")\n@job("x")\ndef x(ctx):\n    ctx.wait_until(more)\n    return 7\n`;
    expect(await sandbox.run(pythonRun({ source }))).toMatchObject({ error: { message: 'ValueError: late' } });
  });
});

describe('a source', { timeout: 120_000 }, () => {
  const orders = `${head}
@source("orders")
class Orders:
    def __init__(self): self.begun = 0
    def initialize(self, ctx): self.begun += 1
    async def poll(self, ctx, cursor):
        return {"events": [{"type": "a.b", "data": await ctx.kv.get("a")}], "cursor": (cursor or 0) + self.begun}
    def receive(self, ctx):
        return {"events": [{"type": "a.c", "data": ctx.request.get_json()}]}
`;
  const run = async (given: Partial<PythonRun>): Promise<unknown> => {
    const outcome = await sandbox.run(pythonRun({ source: orders, kind: 'source', hostCall, ...given }));
    return resultOf(outcome);
  };

  it('polls from its cursor, and is initialized first', async () => {
    expect(await run({ payload: { call: 'poll', cursor: 3, initialize: true } })).toEqual({
      events: [{ type: 'a.b', data: 'v' }],
      cursor: 4,
    });
    expect(await run({ payload: { call: 'poll', cursor: 4, initialize: false } })).toMatchObject({ cursor: 5 });
    expect(await run({ payload: { call: 'initialize', cursor: null } })).toBeNull();
    expect(await run({ payload: { call: 'poll', cursor: null } })).toMatchObject({ cursor: 2 });
  });

  it('receives requests', async () => {
    const body = { encoding: 'utf8', data: '{"n":1}' } as const;
    expect(await run({ request: { ...request, method: 'POST', body } })).toEqual({
      events: [{ type: 'a.c', data: { n: 1 } }],
    });
  });
});
